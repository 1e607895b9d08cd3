"""Korean text as the encoder, the lexical view and the bank compare it: pure, idempotent, never shown to people.

The steps, in order: Unicode folding (NFKC case folding, accents and invisible characters dropped), white space folded,
runs squeezed to two, separators inside words dropped, loose jamo joined to syllables. `docs/normalisation.md` has the
table of what is undone and what is left alone, and why.
"""

import re
import unicodedata
from collections.abc import Callable, Collection

from embeddings import jamo, look_alike, spellings
from embeddings.jamo import loosen_jamo, widen_jamo

NORMALISER_VERSION = 5
"""Part of the encoder's fingerprint: grows with every change that alters the output for any text."""

# Zero-width and formatting characters, controls, surrogates, fillers that look like nothing, variation selectors, and
# the combining marks that are stacked on letters to hide them.
_DROPPED = re.compile(
    "[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
FIXED = re.compile("[\\s!-~가-힣ㄱ-ㅎㅏ-ㅣ·‘’“”★☆♥♡●■▶※\U0001f300-\U0001faff]*", re.ASCII)
"""Texts of which folding changes only the case: nearly all."""

_NOT_JAMO = re.compile("[^ㄱ-ㆎ]+")  # NFKD would turn a loose jamo into one that joins its neighbours
# Patterns begin with the rarest thing that they need and look behind from there: so a scan skips what can't match.
_SPACES = re.compile(r"\s(?:\s+|(?<! ))")
_EDGES = re.compile(r"\A | \Z")
_RUN = re.compile(r"(.)\1\1+", re.DOTALL)
_KOREAN = re.compile("[가-힣ㄱ-ㅎㅏ-ㅣ]")
# Brackets and double quotes set words apart on purpose; every other sign, emoji included, can hide inside a word.
_SIGN = r"[\W_](?<![\s()\[\]{}<>\"“”《》「」『』])"
_SEPARATOR = re.compile(
    rf"[^ a-z0-9가-힣ㄱ-ㅎㅏ-ㅣ](?<={_SIGN})(?<={_KOREAN.pattern}.)(?:{_SIGN}){{0,3}}(?={_KOREAN.pattern})"
)
_SPELLED = re.compile(r"[a-z](?<![^\s가-힣].)(?:([.\-_*~^|])[a-z])(?:\1[a-z])+(?![^\s가-힣])")
# Words of one syllable that end a sentence or stand alone in it, and particles: a sign beside them is punctuation.
_ALONE = frozenset(
    "네예넵넹응음흠아오어엥와헐참굿왜뭐꼭끝등것거걸게분중때수요다죠쥬임함됨듯뿐외및그이저좀더안못잘또걍막전후의은는을를"
)
_FEELINGS = frozenset("ㅋㅎㅠㅜㅡ")
_EYES = frozenset("ㅇㅎㅠㅜㅡ")
_STOPS = frozenset(".!?")
_FINAL_M = "\u11b7"
_VOWEL = re.compile("[ㅏ-ㅣ]")
_LONGEST_QUOTED = 40


Step = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]
"""A pattern, and what each match of it is replaced with."""


def normalise(text: str) -> str:
    """The form of `text` in which it is compared. Idempotent, linear in the length, raises on no string.

    The result is at most 18 times as long as `text` (the longest compatibility decomposition in Unicode); Korean text
    does not grow.
    """
    return undo(tidy(text), UNDO.values())


def tidy(text: str) -> str:
    """`text` folded, with single blanks and no long runs: what no reader minds."""
    return _RUN.sub(_squeezed, " ".join(fold(text).split()))  # what TIDY does, by faster means


def undo(tidied: str, steps: Collection[Step]) -> str:
    """A tidied text with the disguises of `steps` undone."""
    text = tidied
    for _ in range(ROUNDS):
        before = text
        for pattern, replacement in steps:
            text = pattern.sub(replacement, text)
        if text == before:
            break
    return text


def is_empty(normalised: str) -> bool:
    """Whether nothing is left to compare: no letter and no digit, for instance only emoji or punctuation."""
    return not any(map(str.isalnum, normalised))


def fold(text: str) -> str:
    """NFKC case folding (Unicode 3.13, R5), with invisible characters and accents dropped and loose jamo kept loose.

    Two rounds, for folding case can undo a normal form and the reverse.
    """
    for _ in range(0 if FIXED.fullmatch(text) else 2):
        visible = _DROPPED.sub("", widen_jamo(text))
        text = loosen_jamo(_NOT_JAMO.sub(lambda span: _compose(span[0].casefold()), visible))
    return text.casefold()


def is_invisible(character: str) -> bool:
    """Whether folding drops it: a mark stacked on a letter, a control, or something of no width."""
    return _DROPPED.fullmatch(character) is not None


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", _DROPPED.sub("", unicodedata.normalize("NFKD", text)))


def _separator(found: re.Match[str]) -> str:
    """Nothing where the sign hides a word, as in 카.톡; else the sign itself.

    It hides one beside a loose jamo or a syllable that stands alone; two or more signs are a pause and need it on both sides.
    Beside laughter, crying, a doubled letter (ㅇㅇ, ㅡㅡ) or the end of a sentence (줬어요.제 동생) a sign is punctuation, between
    two eyes (ㅠ.ㅠ) the nose or mouth; a quote that closes a quotation belongs to it.
    """
    text, start, end = found.string, found.start(), found.end()
    if found[0] in "'’" and _is_quoted(text, start):
        return found[0]
    before, beyond_before = text[start - 1], text[max(start - 2, 0) : start - 1]
    after, beyond_after = text[end], text[end + 1 : end + 2]
    if (before == after and before in _EYES) or (found[0] in _STOPS and _ends_sentence(before, beyond_before)):
        return found[0]
    if _is_word(before, beyond_before, after) or _is_word(after, beyond_after, before):
        return found[0]
    broken = _broken_off(before, beyond_before), _broken_off(after, beyond_after)
    hides = any(broken) if end - start == 1 else all(broken)
    return "" if hides or before < "가" or after < "가" else found[0]


def _ends_sentence(letter: str, beyond: str) -> bool:
    """Whether a longer word ends in 다, 요, 죠, 까, 네 or in the ㅁ of a noun made of a verb (줌, 느낌)."""
    ends = letter in "다요죠까네" or unicodedata.normalize("NFD", letter)[-1] == _FINAL_M
    return ends and _KOREAN.fullmatch(beyond) is not None


def _is_quoted(text: str, end: int) -> bool:
    """Whether what stands before `end` was opened by a quote that no letter stands before: '뻔'했던."""
    first = max(end - _LONGEST_QUOTED - 1, 0)
    opening = max(text.rfind(quote, first, end - 1) for quote in "'‘")
    return opening >= 0 and not text[max(opening - 1, 0) : opening].isalnum()


def _broken_off(letter: str, beyond: str) -> bool:
    return letter not in _ALONE and not _KOREAN.fullmatch(beyond)


def _is_word(letter: str, beyond: str, across: str) -> bool:
    """Whether a loose jamo is written for its own sake: doubled, or one that laughs or cries by itself, and not as in ㅋ.ㅏ톡."""
    if letter >= "가" or _VOWEL.fullmatch(across):
        return False
    return letter == beyond or (letter in _FEELINGS and not _KOREAN.fullmatch(beyond))


def _squeezed(found: re.Match[str]) -> str:
    """Two of a run of three or more; digits are amounts, and `www.` starts an address."""
    run, after = found[0], found.string[found.end() : found.end() + 1]
    return run if run.isdecimal() or (run == "www" and after == ".") else run[:2]


def _spelled(found: re.Match[str]) -> str:
    return found[0].replace(found[1], "")


TIDY: tuple[Step, ...] = ((_SPACES, " "), (_EDGES, ""), (_RUN, _squeezed))
UNDO: dict[str, Step] = {
    "consonants drawn": (look_alike.CONSONANT, look_alike.consonant),
    "vowels drawn": (look_alike.VOWEL, look_alike.vowel),
    "signs inside words": (_SEPARATOR, _separator),
    "words spelled": (_SPELLED, _spelled),
    "loose jamo": (jamo.SYLLABLE, jamo.syllable),
    "loose finals": (jamo.LOOSE_FINAL, jamo.close),
    "rare finals": (spellings.RARE, spellings.plain),
    "known words": (spellings.WORD, spellings.word),
    "runs": (_RUN, _squeezed),
}
"""How each disguise is undone, in this order, again until nothing changes: one may hide another."""
ROUNDS = 4
