"""Times as people give them on the command line."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import typer

from contracts.times import parse_rfc3339, utc_now

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_ago = re.compile(r"(\d{1,6})([smhd])")


def moment(text: str) -> datetime:
    """`90m`, `2h`, `7d`: so long ago; else an RFC 3339 time. Raises typer.BadParameter."""
    at = parse_rfc3339(text)
    if found := _ago.fullmatch(text):
        with suppress(OverflowError):  # before the year 1
            return utc_now() - timedelta(**{UNITS[found[2]]: int(found[1])})
    if at is None:
        raise typer.BadParameter(
            f"{text!r} is no time; give 30m, 2h or 7d (ago), or one like {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        )
    return at
