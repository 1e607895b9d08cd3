"""Signs of a text's form, read from the original: contacts, prices, questions, disguise, length. Pure and bounded."""

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

MAX_CHARACTERS = 20_000
"""What is read of one text: all that a worker ever hands on."""

_PATTERNS: dict[str, re.Pattern[str]] = {
    "phone": re.compile(
        r"(?<![\d.])[0OoㅇI공영oO０][1lIi일１][0OoㅇI공영０16789][\s\-~.·)]{0,3}[\dOoㅇIl공영일이삼사오육칠팔구 ]{3,6}[\s\-~.·]{0,3}[\dOoㅇIl공영일이삼사오육칠팔구 ]{4,7}"
    ),
    "link": re.compile(
        r"https?://|www\.|[a-z0-9-]{2,63}\.(?:com|net|kr|io|me|shop|xyz|example|site|top|link|store|info)(?![a-z])",
        re.IGNORECASE,
    ),
    "messenger": re.compile(
        r"[카ㅋ][\W_]{0,2}[카ㅏ]?[\W_]{0,2}[톡똑]|텔[\W_]{0,2}[레ㄹ래]|라[\W_]?인\s?(?:id|아이디)|오픈\s?(?:챗|채팅|카톡)|open\.kakao|kakao|디엠|\bdm\b|쪽지|인스타|@[a-z0-9_.]{3,30}",
        re.IGNORECASE,
    ),
    "call": re.compile(
        r"문의|연락|예약|상담|신청|문자\s?(?:주|남|로)|전화\s?(?:주|하|로|걸)|댓글\s?(?:주|남|달)|톡\s?(?:주|하|으|남)|챗\s?주"
    ),
    "price": re.compile(
        r"\d[\d,.]*\s?(?:만\s?원?|천\s?원|원|만원|억|달러|불|k)(?![가-힣]{3})|[일이삼사오육칠팔구십백]+\s?만\s?원?",
        re.IGNORECASE,
    ),
    "percent": re.compile(r"\d\s?(?:%|퍼|프로)"),
    "account": re.compile(r"계좌|입금|송금|예금주|\d{3,6}-\d{2,6}-\d{4,8}"),
    "discount": re.compile(r"할인|무료|공짜|이벤트|쿠폰|서비스로|증정|특가|오픈\s?(?:기념|했|행사)|선착순"),
    "wage": re.compile(r"시급|일급|월급|주급|일당|당일\s?지급|페이|급여|숙식"),
    "question": re.compile(r"[?？]|[까나]요(?![가-힣])|는지요|을까(?![가-힣])"),
    "exclamation": re.compile(r"[!！]"),
    "laugh": re.compile(r"[ㅋㅎ]{2,}"),
    "tears": re.compile(r"[ㅠㅜ]{2,}"),
    "quote": re.compile(r"[\"“”'‘’「『]"),
    "dots": re.compile(r"\.{2,}|…"),
    "emoji": re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]"),
    "mark": re.compile(r"[★☆●■◆▶►※♥♡→✔◈▣【】~]"),
    "polite": re.compile(r"(?:습니다|니다|세요|어요|아요|해요|예요|네요|드려요|죠)(?![가-힣])"),
    "digit": re.compile(r"\d"),
    "latin": re.compile(r"[A-Za-z]"),
    "jamo": re.compile(r"[ㄱ-ㅎㅏ-ㅣ]"),
    "broken_word": re.compile(
        r"[가-힣][^\w\s,.!?~()\"'“”‘’:/%-]+[가-힣]|(?<![가-힣])[가-힣](?:[ .·*^_~-][가-힣](?![가-힣])){2,}"
    ),
    "mixed_word": re.compile(r"[가-힣][A-Za-z0-9@]{1,2}[가-힣]|[ㄱ-ㅎ][A-Za-z0-9][가-힣ㄱ-ㅎㅏ-ㅣ]"),
    "hidden": re.compile("[\u00ad\u115f\u1160\u200b-\u200f\u2060-\u206f\u3164\ufeff\uff01-\uff5e]"),
}

_SHAPES: dict[str, Callable[[str], float]] = {
    "length": lambda text: math.log1p(len(text)) / 10,
    "lines": lambda text: math.log1p(text.count("\n")) / 5,
    "spaces": lambda text: text.count(" ") / (len(text) + 1),
}

COLUMNS: tuple[str, ...] = (
    *_SHAPES,
    *(f"{name}_{measure}" for name in _PATTERNS for measure in ("any", "share")),
)
"""Names of the columns of `signs`."""


def signs(texts: Sequence[str]) -> NDArray[np.float32]:
    """(len(texts), len(COLUMNS)) in [0, 1]: for each pattern whether it occurs and how densely, and the text's shape."""
    rows = np.zeros((len(texts), len(COLUMNS)), np.float32)
    for row, text in enumerate(texts):
        rows[row] = _row(text[:MAX_CHARACTERS])
    return np.minimum(rows, 1.0)


def _row(text: str) -> list[float]:
    values = [shape(text) for shape in _SHAPES.values()]
    for pattern in _PATTERNS.values():
        found = len(pattern.findall(text))
        values += [float(found > 0), math.log1p(10 * found / (1 + len(text) / 20)) / 3]
    return values
