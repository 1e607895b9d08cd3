"""Phone and account numbers in a text, however their digits are written.

A run is a stretch of characters that can stand for digits (0, O, 공, ㅇ …) with at most three other signs between two of them.
Numbers are looked for within runs, digit by digit, so the time is linear in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

MAX_DIGITS = 2_000  # of one text; a post with more is no advertisement but an attempt to cost time

_SOFT = {  # what people write for a digit
    **dict.fromkeys("OoㅇΟοОо〇零공영령", "0"),
    **dict.fromkeys("lIi|ㅣ一壹일", "1"),
    **dict(zip("이삼사오육륙칠팔구", "234566789", strict=True)),
    **dict(zip("二三四五六七八九", "23456789", strict=True)),
    **dict(zip("SBb", "586", strict=True)),
}
_DIGITS = {**{digit: digit for digit in "0123456789"}, **_SOFT}
_DIGIT = "[" + re.escape("".join(_DIGITS)) + "]"
_RUN = re.compile(rf"{_DIGIT}(?:(?:(?!{_DIGIT})[^\w\n]|_){{0,3}}{_DIGIT}){{8,}}")

# Mobile numbers, and those with an area code, of the internet, or of a safe-number service (Korea's numbering plan). Emergency
# and service numbers (112, 119, 1332) and those of customer centres (1588-0000) are nobody's own: docs/bank.md says why.
_MOBILE = re.compile(r"010\d{8}|01[16-9]\d{7,8}")
_FIXED = re.compile(r"(?:02|0[3-6][1-5]|070|080|050\d)(?!0{7}|1[568]\d{6})\d{7,8}")
_COUNTRY = re.compile(r"(?:00)?82(?=0?1[016-9])0?")

_BANK = re.compile(r"계좌|입금|송금|예금주|은행|농협|카카오뱅크|카뱅|토스|케이뱅크|새마을금고|신협|수협|우체국")
_BANK_BESIDE = re.compile(r"(?:국민|신한|우리|하나|기업|제일|씨티|부산|대구|광주|전북|경남)[\s:]{0,3}\Z")
_NEAR = 24  # characters between the name of a bank and a number
_ACCOUNT_GAP = re.compile(r"(?:\s?[-–_]\s?| ){0,1}")
_AMOUNT = re.compile(r"\s?[원만억천년월개명%]")
_BUSINESS = (3, 2, 5)  # a business registration number has the shape of an account and is none


@dataclass(frozen=True)
class Run:
    """A stretch of digits: `digits` as 0 to 9, `true` where they were written so, `gaps` the signs before each."""

    digits: str
    true: tuple[bool, ...]
    gaps: tuple[str, ...]
    before: str
    after: str

    def edge(self, at: int) -> bool:
        """Whether a number may begin at digit `at`, or end before it: not within a group of true digits."""
        return at in {0, len(self.digits)} or bool(self.gaps[at]) or not (self.true[at - 1] and self.true[at])

    def groups(self, start: int, end: int) -> tuple[int, ...]:
        """Lengths of the groups that gaps make of digits `start` to `end`."""
        cuts = [start, *(at for at in range(start + 1, end) if self.gaps[at]), end]
        return tuple(after - before for before, after in pairwise(cuts))


def numbers(text: str) -> Iterator[str]:
    """`phone:…` and `account:…` keys of `text`, in the order in which they stand."""
    left = MAX_DIGITS
    for found in _RUN.finditer(text):
        run = _run(found, left)
        yield from _keys(run)
        left -= len(run.digits)
        if left <= 0:
            return


def _run(found: re.Match[str], limit: int) -> Run:
    places = [place for place, character in enumerate(found[0]) if character in _DIGITS][:limit]
    characters = [found[0][place] for place in places]
    return Run(
        "".join(_DIGITS[character] for character in characters),
        tuple(character in "0123456789" for character in characters),
        ("", *(found[0][before + 1 : after] for before, after in pairwise(places))),
        found.string[max(found.start() - _NEAR, 0) : found.start()],
        found.string[found.end() : found.end() + _NEAR // 2],
    )


def _keys(run: Run) -> Iterator[str]:
    near_bank = bool(_BANK.search(run.before) or _BANK.search(run.after))
    at = 0
    while at < len(run.digits):
        found = (_phone(run, at) or _account(run, at, near_bank=near_bank)) if run.edge(at) else None
        if found:
            yield found[0]
        at = found[1] if found else at + 1


def _phone(run: Run, at: int) -> tuple[str, int] | None:
    if run.digits[at] not in "08":
        return None
    country = _COUNTRY.match(run.digits, at)
    start, prefix = (country.end(), "0") if country else (at, "")
    rest = prefix + run.digits[start : start + 12]
    for pattern in (_MOBILE, _FIXED):
        found = pattern.match(rest)
        longest = found[0] if found else ""
        # A particle after a number can read as a digit: 031-123-4567이에요.
        for number in (longest, longest[:-1]):
            end = start + len(number) - len(prefix)
            if pattern.fullmatch(number) and run.edge(end) and (pattern is _MOBILE or _spoken(run.groups(start, end))):
                return f"phone:{number}", end
    return None


def _spoken(groups: tuple[int, ...]) -> bool:
    """Whether groups are those of a phone, or one: 02-123-4567, but not a date with a time."""
    return len(groups) == 1 or (len(groups) == 3 and groups[1] in {3, 4} and groups[2] == 4)


def _account(run: Run, at: int, *, near_bank: bool) -> tuple[str, int] | None:
    if not run.true[at]:
        return None
    end = next((end for end in range(at + 14, at + 9, -1) if end <= len(run.digits) and run.edge(end)), 0)
    if not end or not all(_ACCOUNT_GAP.fullmatch(gap) for gap in run.gaps[at + 1 : end]):
        return None
    groups = run.groups(at, end)
    beside = near_bank or (at == 0 and bool(_BANK_BESIDE.search(run.before)))
    hyphens = all("-" in gap or not gap for gap in run.gaps[at + 1 : end])
    if not (beside or (hyphens and _formed(groups))) or _is_other(run, at, end, groups):
        return None
    return f"account:{run.digits[at:end]}", end


def _formed(groups: tuple[int, ...]) -> bool:
    """Whether groups alone make an account: 110-123-456789, 3333-01-1234567, 302-1234-5678-91; dates are shorter."""
    return len(groups) in {3, 4} and sum(groups) >= 11 and min(groups) >= 2 and 3 <= groups[0] <= 6


def _is_other(run: Run, start: int, end: int, groups: tuple[int, ...]) -> bool:
    """Whether it is an amount, years, a business registration, or words that only read as digits."""
    digits = run.digits[start:end]
    years = len(groups) > 1 and set(groups) == {4} and digits[:2] in {"19", "20"}
    amount = digits.endswith("0000") or (end == len(run.digits) and bool(_AMOUNT.match(run.after)))
    words = 2 * sum(run.true[start:end]) < end - start
    return years or amount or words or len(groups) > 4 or groups == _BUSINESS
