"""Signs of a text's form, read from the original: contacts, prices, questions, disguise, length. Pure and bounded.

Patterns are for lower case. Each begins with the characters at one of which it can match, and looks behind from there for what must
stand before: so a scan skips the rest of the text, which halves the time. All texts are searched as one, and signs of one character
looked up in a table.
"""

import math
import re
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_CHARACTERS = 20_000
"""What is read of one text: all that a worker ever hands on."""

_ZERO_TO_NINE = r"[\doㅇil공영일이삼사오육칠팔구 ]"
_HIDDEN_TALK = r"[\W_]{0,2}[카ㅏ]?[\W_]{0,2}[톡똑]"
_SITE = r"(?:com|net|kr|io|me|shop|xyz|example|site|top|link|store|info)(?![a-z])"
_UNIT = r"(?:만\s?원?|천\s?원|원|억|달러|불|k)(?![가-힣]{3})"
_SYLLABLE = "[가-힣]"
_SIGN = r"[^\w\s,.!?~()\"'“”‘’:/%-]"
_GAP = "[ .·*^_~-]"

_PATTERNS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "phone": rf"[0oㅇi공영０](?<![\d.].)[1li일１][0oㅇi공영０16789][\s\-~.·)]{{0,3}}{_ZERO_TO_NINE}{{3,6}}[\s\-~.·]{{0,3}}{_ZERO_TO_NINE}{{4,7}}",
        "link": rf"https?://|www\.|\.(?<=[a-z0-9-]{{2}}\.){_SITE}",
        "messenger": rf"카{_HIDDEN_TALK}|ㅋ{_HIDDEN_TALK}|텔[\W_]{{0,2}}[레ㄹ래]|라[\W_]?인\s?(?:id|아이디)|오픈\s?(?:챗|채팅|카톡)"
        r"|open\.kakao|kakao|디엠|dm(?<!\w..)\b|쪽지|인스타|@[a-z0-9_.]{3,30}",
        "call": r"문의|연락|예약|상담|신청|문자\s?(?:주|남|로)|전화\s?(?:주|하|로|걸)|댓글\s?(?:주|남|달)|톡\s?(?:주|하|으|남)|챗\s?주",
        "price": rf"[\d일이삼사오육칠팔구십백](?:(?<=\d)[\d,.]{{0,15}}\s?{_UNIT}|(?<!\d)[일이삼사오육칠팔구십백]{{0,15}}\s?만\s?원?)",
        "percent": r"[%퍼프](?:(?<=\d.)|(?<=\d\s.))(?:(?<=[%퍼])|로)",
        "account": r"[계입송예\d](?:(?<=계)좌|(?<=[입송])금|(?<=예)금주|(?<=\d)\d{2,5}-\d{2,6}-\d{4,8})",
        "discount": r"할인|무료|공짜|이벤트|쿠폰|서비스로|증정|특가|오픈\s?(?:기념|했|행사)|선착순",
        "wage": r"시급|일급|월급|주급|일당|당일\s?지급|페이|급여|숙식",
        "question": rf"[?？까나는을](?:(?<=[?？])|(?<=[까나])요(?!{_SYLLABLE})|(?<=는)지요|(?<=을)까(?!{_SYLLABLE}))",
        "exclamation": r"[!！]",
        "laugh": r"[ㅋㅎ]",
        "tears": r"[ㅠㅜ]",
        "quote": r"[\"“”'‘’「『]",
        "dots": r"[.…](?:(?<=…)|\.+)",
        "emoji": "[\u2600-\u27bf\U0001f300-\U0001faff]",
        "mark": r"[★☆●■◆▶►※♥♡→✔◈▣【】~]",
        "polite": rf"(?:습니다|니다|세요|어요|아요|해요|예요|네요|드려요|죠)(?!{_SYLLABLE})",
        "digit": r"\d",
        "latin": r"[a-z]",
        "jamo": r"[ㄱ-ㅎㅏ-ㅣ]",
        "broken_word": rf"{_SIGN}(?<={_SYLLABLE}.){_SIGN}*(?={_SYLLABLE})",
        "spaced_word": rf"{_GAP}(?<!{_SYLLABLE}..)(?<={_SYLLABLE}.){_SYLLABLE}(?:{_GAP}{_SYLLABLE}(?!{_SYLLABLE}))+",
        "mixed_word": rf"[a-z0-9@](?:(?<={_SYLLABLE}.)[a-z0-9@]?(?={_SYLLABLE})|(?<=[ㄱ-ㅎ][a-z0-9])(?=[가-힣ㄱ-ㅎㅏ-ㅣ]))",
        "hidden": "[\u00ad\u115f\u1160\u200b-\u200f\u2060-\u206f\u3164\ufeff\uff01-\uff5e]",
    }.items()
}
_CHARACTERS = ("exclamation", "quote", "emoji", "mark", "digit", "latin", "jamo", "hidden")  # one character each
_RUNS = ("laugh", "tears")  # two such characters or more
_APART = "\0ꀀ\0"  # no pattern reaches across: none takes this letter, and beside a null character a text looks as if it ended
_PLANES = 0x20000  # past Unicode's first two planes there are none of them

_SHAPES: dict[str, Callable[[str], float]] = {
    "length": lambda text: math.log1p(len(text)) / 10,
    "lines": lambda text: math.log1p(text.count("\n")) / 5,
    "spaces": lambda text: text.count(" ") / (len(text) + 1),
}

COLUMNS: tuple[str, ...] = (
    *_SHAPES,
    *(f"{name}_any" for name in _PATTERNS),
    *(f"{name}_share" for name in _PATTERNS),
)
"""Names of the columns of `signs`."""


def signs(texts: Sequence[str]) -> NDArray[np.float32]:
    """(len(texts), len(COLUMNS)) in [0, 1]: the text's shape, and for each pattern whether it occurs and how densely."""
    read = [text[:MAX_CHARACTERS] for text in texts]
    shapes = np.array([[shape(text) for shape in _SHAPES.values()] for text in read], np.float32).reshape(
        -1, len(_SHAPES)
    )
    found = _counts([text.lower() for text in read])
    lengths = np.array([len(text) for text in read], np.float32)[:, None]
    shares = np.log1p(10 * found / (1 + lengths / 20)) / 3
    rows: NDArray[np.float32] = np.concatenate([shapes, found > 0, shares], axis=1).astype(np.float32)
    return np.minimum(rows, np.float32(1.0))


def _counts(texts: Sequence[str]) -> NDArray[np.float32]:
    """(len(texts), len(_PATTERNS)): how often each sign is found."""
    joined, ends = _APART.join([*texts, ""]), np.cumsum([len(text) + len(_APART) for text in texts])
    places = _tabled(joined)
    for name in _PATTERNS.keys() - places.keys():
        places[name] = [found.start() for found in _PATTERNS[name].finditer(joined)]
    counts = [np.bincount(np.searchsorted(ends, places[name], "right"), minlength=len(texts)) for name in _PATTERNS]
    return np.array(counts, np.float32).T


def _tabled(text: str) -> dict[str, ArrayLike]:
    """Where each sign of one character and each run stands."""
    kinds = _kinds()[np.minimum(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32), _PLANES)]
    signs = np.flatnonzero(kinds)
    kinds = kinds[signs]
    places: dict[str, ArrayLike] = {}
    for bit, name in enumerate(_CHARACTERS + _RUNS):
        at = signs[kinds & (1 << bit) > 0]
        if name in _RUNS:
            follows = np.diff(at, prepend=-2) == 1
            at = at[1:][follows[1:] & ~follows[:-1]]
        places[name] = at
    return places


@cache
def _kinds() -> NDArray[np.uint16]:
    """(_PLANES + 1,): by code point, a bit for each of `_CHARACTERS` and `_RUNS` that it is."""
    characters, kinds = "".join(map(chr, range(_PLANES))), np.zeros(_PLANES + 1, np.uint16)
    for bit, name in enumerate(_CHARACTERS + _RUNS):
        kinds[[found.start() for found in _PATTERNS[name].finditer(characters)]] |= np.uint16(1 << bit)
    return kinds
