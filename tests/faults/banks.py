"""What the workers' own banks hold, as their health endpoints tell it."""

import hashlib
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

ASK_SECONDS = 5.0
CATCH_UP_SECONDS = 30.0


def release_of(bank: Mapping[str, str]) -> str:
    """The name of a release whose bank holds these texts by id."""
    return f"tiny-{hashlib.sha256(repr(sorted(bank.items())).encode()).hexdigest()[:16]}"


def late_banks(ports: Mapping[str, int], sample: str, limit_seconds: float = CATCH_UP_SECONDS) -> list[str]:
    """Workers whose metrics still lack the line `sample` after the limit."""
    deadline = time.monotonic() + limit_seconds
    while True:
        late = [name for name, port in ports.items() if sample not in _metrics(port)]
        if not late or time.monotonic() > deadline:
            return [f"the bank of {name} is not as saved: its metrics lack {sample}" for name in late]
        time.sleep(0.5)


def _metrics(port: int) -> list[str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=ASK_SECONDS) as answer:
            return str(answer.read().decode()).splitlines()
    except (urllib.error.URLError, OSError):
        return []
