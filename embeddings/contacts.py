"""Contact keys: how to reach the writer of a text, whatever the wording. Equal keys match (the view `contact`).

Spammers reword a text and keep the contact. So a key must be worth a match by itself: prices, dates, flat numbers, scores,
public numbers and the front pages of big sites are none.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import chain, islice
from urllib.parse import parse_qsl, urlencode

from embeddings.jamo import LOOSE_FINAL, close, join_jamo
from embeddings.normalise import FIXED
from embeddings.numbers import numbers

MAX_KEYS = 32
MAX_CHARACTERS = 20_000
"""What is read of a text: a worker hands on no more."""

_KEYS_OF_A_KIND = 10  # so that decoys of one kind can't push out another
_MAX_KEY = 512

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0]+"
)
_FOLDED = re.compile("[ -~\n가-힣ㄱ-ㅎㅏ-ㅣ·‘’“”]*")  # NFKC changes nothing: most posts
_JAMO = re.compile("[ㄱ-ㅎ]")
_NOT_JAMO = re.compile("[^ㄱ-ㆎ]+")  # NFKC would turn a loose jamo into one that joins its neighbours
# Without one of these there is nothing to reach anyone by; no name or address without the second; no link without the third.
_WORTH = re.compile(r"[0-9A-Za-z]|[공영〇零][\W_]{0,3}[일一]")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{3}", re.IGNORECASE)
_DOTTED = re.compile(r"[a-z0-9-]\.[a-z0-9-]", re.IGNORECASE | re.ASCII)
_SIGN = r"[^\w\n]{0,2}"  # what hides a word: 카.톡
_KAKAO = rf"(?:[카캬까]|ㅋ[r4]|k+a){_SIGN}(?:카{_SIGN}오{_SIGN}|kao\W?)?(?:[톡똑툑]|ㅌ[ㅗ@]ㄱ|tok|talk|t(?=\W))"
_TELEGRAM = rf"텔{_SIGN}(?:[레래](?:{_SIGN}그{_SIGN}[램렘])?|그(?:램|렘)?)|telegram|telegra?m?"
_OPEN_CHAT = rf"오{_SIGN}픈{_SIGN}(?:카{_SIGN})?(?:채{_SIGN}팅|챗|쳇|톡|방)|[옾옵]{_SIGN}(?:챗|톡|채팅)"
_MARK = r"(?P<mark>[^\S\n]{0,3}(?:아이디|id|검색|친추|[:=@>→])[^\S\n]{0,2}[:=@>→]?[^\S\n]{0,2}@?|[^\S\n]{0,3})"
_NAMED = {
    "kakao": re.compile(rf"(?:{_KAKAO}){_MARK}(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{{2,19}})", re.IGNORECASE),
    "telegram": re.compile(rf"(?:{_TELEGRAM}){_MARK}(?P<name>[A-Za-z][A-Za-z0-9_]{{3,31}})", re.IGNORECASE),
    "openchat": re.compile(rf"(?:{_OPEN_CHAT}){_MARK}(?P<name>[sgSG][A-Za-z0-9]{{5,11}})(?![A-Za-z0-9./])"),
}
_ADDRESSED = {
    "openchat": re.compile(
        r"open\W{0,3}kakao\W{0,3}com\W{0,3}(?:o|me)\W{0,3}(?P<name>[A-Za-z0-9_-]{3,32})", re.IGNORECASE
    ),
    "telegram": re.compile(
        r"(?<![A-Za-z0-9.])(?:t\W{0,3}me|telegram\.(?:me|dog))\s?/\s?(?:joinchat/|\+|s/)?(?P<name>[A-Za-z0-9_-]{4,40})",
        re.IGNORECASE,
    ),
}
_NO_NAMES = frozenset(
    [
        "telegram",
        "kakao",
        "kakaotalk",
        "talk",
        "https",
        "http",
        "channel",
        "open",
        "chat",
        "instagram",
        "naver",
        "gmail",
    ]
)

_ENDINGS = (
    "com|net|org|kr|io|me|co|shop|xyz|site|top|link|store|info|app|dev|page|ly|gl|gg|cc|tv|biz|online|club|vip|asia"
    "|live|life|world|today|example|onelink|ai|jp|cn|ru|pw|bet|fun|space|website|tech|icu|work|mobi"
)
_LINK = re.compile(
    rf"(?<![\w.@-])(?P<scheme>https?://)?(?P<host>(?:[a-z0-9-]{{1,63}}\.){{1,6}}(?(scheme)[a-z]{{2,18}}|(?:{_ENDINGS})))"
    r"(?![a-z0-9@-]|\.[a-z0-9])(?::\d{1,5})?(?P<path>/[^\s<>\"'`가-힣ㄱ-ㅣ()\[\]{}]{0,400})?",
    re.IGNORECASE | re.ASCII,
)
_SHARED = re.compile(  # sites of many writers: only a page of theirs names one
    r"(?:^|\.)(?:naver|daum|kakao|google|youtube|youtu|instagram|facebook|daangn|karrotmarket|coupang|tistory|twitter|x|tiktok"
    r"|threads|gmarket|11st|auction|bunjang|joongna|yes24|wikipedia|namu|apple|bit|han|url|me2|vo|tinyurl|linktr|forms|notion"
    r"|github|netflix|zoom|t|go|korea|seoul|gov)\.[a-z.]{2,10}$"
)
_TRACKING = re.compile(
    r"utm_\w*|fbclid|gclid|igshid?|si|ref|source|feature|trackingcode|n_\w+|na[a-z]_?\w*|spm|_branch\w*"
)
_MESSENGER_HOSTS = frozenset({"open.kakao.com", "t.me", "telegram.me", "telegram.dog"})


def contact_keys(text: str) -> tuple[str, ...]:
    """Keys of the original `text`, sorted, unique, 32 at most: `phone:01012345678`, `openchat:sblm7hr`, `telegram:goodjob`,
    `kakao:abc12`, `account:11012345678`, `link:example.com/shop`. Linear in the length; raises on no string.
    """
    if not _WORTH.search(folded := _fold(text)):
        return ()
    kinds: dict[str, set[str]] = {}
    for finder in _FINDERS:
        for key in finder(folded):
            kept = kinds.setdefault(key.partition(":")[0], set())
            if len(kept) < _KEYS_OF_A_KIND and len(key) <= _MAX_KEY:
                kept.add(key)
    return tuple(sorted(islice(chain.from_iterable(kinds.values()), MAX_KEYS)))


def _fold(text: str) -> str:
    """`text` as read: NFKC, nothing invisible, loose jamo joined; the case is kept, for an address may need it."""
    visible = text[:MAX_CHARACTERS]
    if not FIXED.fullmatch(visible):
        visible = _INVISIBLE.sub("", visible)
        visible = _NOT_JAMO.sub(lambda span: unicodedata.normalize("NFKC", span[0]), visible)
    return LOOSE_FINAL.sub(close, join_jamo(visible)) if _JAMO.search(visible) else visible


def _messengers(text: str) -> Iterator[str]:
    if not _NAME.search(text):
        return
    for kind, pattern in _ADDRESSED.items():
        for found in pattern.finditer(text):
            yield f"{kind}:{found['name'].lower()}"
    for kind, pattern in _NAMED.items():
        for found in pattern.finditer(text):
            name = found["name"].rstrip("._-")
            if _is_name(name, marked=bool(found["mark"].strip())):
                yield f"{kind}:{name.lower()}"


def _is_name(name: str, *, marked: bool) -> bool:
    """Whether a word after the name of a messenger is someone's name there: mixed with digits, or marked as one."""
    if name.lower() in _NO_NAMES or len(name) < 4 or name.isdigit():
        return False
    mixed = any(map(str.isdigit, name)) or "_" in name or (name[1:] != name[1:].lower() and name != name.upper())
    return marked or mixed


def _links(text: str) -> Iterator[str]:
    if not _DOTTED.search(text):
        return
    for found in _LINK.finditer(text):
        host = found["host"].lower().removeprefix("www.").removeprefix("m.")
        path, _, query = (found["path"] or "").partition("#")[0].partition("?")
        tail = path.rstrip("/.,;:!~") + _query(query)
        if host not in _MESSENGER_HOSTS and (tail or not _SHARED.search(host)):
            yield f"link:{host}{tail}"


def _query(query: str) -> str:
    kept = sorted(pair for pair in parse_qsl(query, max_num_fields=None) if not _TRACKING.fullmatch(pair[0].lower()))
    return f"?{urlencode(kept)}" if kept else ""


_FINDERS: tuple[Callable[[str], Iterator[str]], ...] = (numbers, _messengers, _links)
