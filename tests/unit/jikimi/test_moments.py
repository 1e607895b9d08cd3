"""Times as people give them."""

from datetime import UTC, datetime, timedelta

import pytest
import typer

from contracts.times import utc_now
from jikimi.moments import moment


@pytest.mark.parametrize(("text", "ago"), [("90s", 90), ("30m", 1_800), ("2h", 7_200), ("7d", 604_800)])
def test_so_long_ago(text: str, ago: int) -> None:
    """Counted from now."""
    before = utc_now()
    assert before <= moment(text) + timedelta(seconds=ago) <= utc_now()


def test_a_time_with_an_offset() -> None:
    """In UTC, whatever the offset."""
    assert moment("2026-11-24T12:00:00+09:00") == datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-24", "2026-11-24T12:00:00", "-2h", "2w", "9999999999d"])
def test_what_is_no_time_is_misuse(text: str) -> None:
    """With the ways to say it."""
    with pytest.raises(typer.BadParameter, match="30m, 2h or 7d"):
        moment(text)


def test_so_long_ago_that_there_is_no_such_time() -> None:
    """999,999 days would be before the year 1."""
    with pytest.raises(typer.BadParameter):
        moment("999999d")
