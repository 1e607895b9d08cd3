"""Signs, emoji and harmless sentences put in: rule 17 of KOTOX (arXiv 2510.10961), its kinds apart."""

import re
from random import Random

from embeddings.attacks.syllables import SYLLABLE, rewrite

_BETWEEN = re.compile("(?<=[가-힣])(?=[가-힣])")
_BESIDE = re.compile("(?<=[가-힣])(?=[가-힣 ])")
_DOTS = ".·-_~*^/,'|:"
_SIGNS = ("°♡", "♥", "★", "☆", "《", "》", "..", "≥ㅅ≤", "^^", "※", "▶", "~~", "♪", "【", "】", "!!", "†")
_EMOJI = "😀😂🥰🔥✨💰🎁👍🌸🍀🚗📞💕🐶☕🌈"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_HARMLESS = (
    "오늘 아침에 안개가 정말 짙게 꼈더라고요.",
    "저녁에 공원 한 바퀴 돌고 왔는데 바람이 시원했어요.",
    "요즘 아이들이 감기에 많이 걸린다고 하네요.",
    "지난주에 심은 상추가 벌써 손가락만큼 자랐어요.",
    "도서관 앞 은행나무가 노랗게 물들었습니다.",
    "비가 그치고 나니까 하늘이 참 맑네요.",
    "우리 강아지는 낮잠을 하루에 여섯 시간은 자는 것 같아요.",
    "엘리베이터 점검이 오후 두 시에 끝난다고 합니다.",
    "엊그제 끓인 미역국이 아직도 남았어요.",
    "버스 노선이 바뀐 뒤로 출근길이 조금 길어졌어요.",
    "주말에는 오랜만에 부모님 댁에 다녀오려고요.",
    "놀이터 그네가 새로 칠해졌는데 색이 예쁘더군요.",
)


def signs_inside(text: str, random: Random) -> str:
    """카톡 to 카.톡: a sign between the syllables of a word."""
    return rewrite(text, random, _BETWEEN, lambda _, chance: chance.choice(_DOTS), 0.4)


def signs_around(text: str, random: Random) -> str:
    """돈을 쓰는 호갱 to 돈을°♡ 쓰는《호..갱》: ornaments within and between words."""
    return rewrite(text, random, _BESIDE, lambda _, chance: chance.choice(_SIGNS), 0.25)


def emoji_between(text: str, random: Random) -> str:
    """대출 to 대💰출: emoji between the syllables of a word."""
    return rewrite(text, random, _BETWEEN, lambda _, chance: chance.choice(_EMOJI), 0.4)


def invisible_between(text: str, random: Random) -> str:
    """Characters of no width between the syllables of a word."""
    return rewrite(text, random, _BETWEEN, lambda _, chance: chance.choice(_INVISIBLE), 0.5)


def letters_repeated(text: str, random: Random) -> str:
    """대출 to 대대대출: a syllable three to five times."""
    return rewrite(text, random, SYLLABLE, lambda syllable, chance: syllable * chance.randint(3, 5), 0.2)


def diluted(text: str, random: Random) -> str:
    """The text between two harmless sentences."""
    before, after = random.sample(_HARMLESS, 2)
    return f"{before} {text} {after}"
