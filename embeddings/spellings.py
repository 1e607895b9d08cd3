"""Whole syllables and words spelled to pass a filter: 핝굮읹 (finals that sound alike), 커엽 (syllables that look alike), 씌발."""

import re

from embeddings.jamo import is_common

_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_SPOKEN = dict(zip("ㄲㅋㄳㄺㄵㄶㄻㄼㄽㄾㅀㅍㅄㄿ", "ㄱㄱㄱㄱㄴㄴㅁㄹㄹㄹㄹㅂㅂㅂ", strict=True))
"""The sound of a final (Standard Pronunciation of Korean, articles 9 to 11) where only one plain letter writes it."""

_WORDS = {
    "커엽": "귀엽", "커여": "귀여", "댕댕이": "멍멍이", "띵작": "명작", "띵곡": "명곡", "띵언": "명언", "네넴띤": "비빔면",
    "머한민국": "대한민국", "머통령": "대통령", "세종머왕": "세종대왕", "팡주광역시": "광주광역시", "롬곡": "눈물", "괴꺼솟": "피꺼솟",
    "윾": "유", "씌발": "씨발", "쒸발": "씨발", "싀발": "시발", "씌빨": "씨발", "씨빨": "씨발", "시1발": "시발", "씨1발": "씨발",
    "병1신": "병신", "새1끼": "새끼", "존1나": "존나", "애1미": "애미",
}  # fmt: skip
WORD = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))


def _plain_finals() -> dict[str, str]:
    """Syllables that ordinary Korean lacks, to the ordinary one that sounds the same."""
    found = {}
    for syllable in map(chr, range(0xAC00, 0xD7A4)):
        final = (ord(syllable) - 0xAC00) % 28
        spoken = _SPOKEN.get(_FINALS[final])
        plain = chr(ord(syllable) - final + _FINALS.index(spoken)) if spoken else syllable
        if not is_common(syllable) and plain != syllable and is_common(plain):
            found[syllable] = plain
    return found


_PLAIN = _plain_finals()
RARE = re.compile(f"[{''.join(_PLAIN)}](?![ㅋㅎ])")  # 웃기넼ㅋㅋ is laughter carried into the word


def word(found: re.Match[str]) -> str:
    """What a match of `WORD` means."""
    return _WORDS[found[0]]


def plain(found: re.Match[str]) -> str:
    """The ordinary syllable that sounds as a match of `RARE`."""
    return _PLAIN[found[0]]
