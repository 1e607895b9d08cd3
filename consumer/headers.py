"""A record's headers travel on to what is published for it, up to a limit that keeps every record sendable."""

from consumer.kafka.types import Headers
from contracts.dead_letter import HEADERS_CUT

MAX_HEADER_BYTES = 64 * 1024


def exceed_limit(headers: Headers) -> bool:
    """Whether keys and values are over 64 KiB in sum."""
    return sum(map(_size, headers)) > MAX_HEADER_BYTES


def carried(headers: Headers) -> Headers:
    """All headers, or as many of the first ones as 64 KiB hold and one more that tells how many were left out."""
    if not exceed_limit(headers):
        return headers
    kept, left = [], MAX_HEADER_BYTES
    for each in headers:
        left -= _size(each)
        if left < 0:
            break
        kept.append(each)
    return (*kept, (HEADERS_CUT, str(len(headers) - len(kept)).encode()))


def _size(header: tuple[str, bytes]) -> int:
    name, value = header
    return len(name.encode()) + len(value)
