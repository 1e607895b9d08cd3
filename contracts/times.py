"""Times on the wire: RFC 3339 in UTC (https://www.rfc-editor.org/rfc/rfc3339)."""

from datetime import UTC, datetime

import msgspec


def utc_now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def parse_rfc3339(text: str) -> datetime | None:
    """The moment that `text` names, in UTC; None where it is no RFC 3339 date-time with an offset."""
    try:
        moment = msgspec.convert(text, datetime)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (msgspec.ValidationError, OverflowError):
        return None
