"""Asking a worker how it is."""

from collections.abc import Mapping
from http.client import HTTP_PORT, HTTPConnection, HTTPException
from urllib.parse import urlsplit

import msgspec

from jikimi.errors import HealthError

MAX_ANSWER_BYTES = 64 * 1024


def ask_ready(base: str, limit_seconds: float) -> tuple[int, Mapping[str, bool]]:
    """HTTP status and named checks of `base`/ready. Raises HealthError where nothing like a worker answers in time."""
    connection = HTTPConnection(*_place(base), timeout=limit_seconds)
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        checks = msgspec.json.decode(answer.read(MAX_ANSWER_BYTES), type=dict[str, bool])
    except (OSError, HTTPException, msgspec.MsgspecError) as error:
        raise HealthError(f"no worker answers at {base} ({error}); is it running, and is the address right?") from None
    finally:
        connection.close()
    return answer.status, checks


def _place(base: str) -> tuple[str, int]:
    parts = urlsplit(base)
    try:
        port = parts.port or HTTP_PORT
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port:
        raise HealthError(f"{base} is no address of a worker; give one like http://127.0.0.1:8080")
    return parts.hostname, port
