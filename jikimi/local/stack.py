"""The two servers together: up, down, status, and where to find them."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from jikimi.errors import LocalStackError
from jikimi.local import kafka, ports, redis
from jikimi.local.process import ServerProcess

NEEDED_DISK_BYTES = 512 * 1024 * 1024
DEFAULT_FOLDER = Path("~/.local/state/jikimi/local")


@dataclass(frozen=True)
class Stack:
    """A running stack: its addresses and its processes."""

    bootstrap_servers: str
    redis_url: str
    servers: tuple[ServerProcess, ...]

    @property
    def env(self) -> dict[str, str]:
        """The variables that point every other command at this stack."""
        return {"JIKIMI_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap_servers, "JIKIMI_BANK__REDIS_URL": self.redis_url}

    def running(self) -> bool:
        """Whether all servers are alive."""
        return all(server.running() for server in self.servers)


def up(folder: Path, kafka_port: int, redis_port: int) -> Stack:
    """Start what is not running yet in `folder` and return where it is. Port 0 takes any free one. Raises LocalStackError."""
    with _locked(folder):
        held = status(folder)
        if held and held.running():
            return held
        if held:
            _stop(held)
        _check_disk(folder)
        kafka_port = ports.claim(kafka_port, "Kafka", "--kafka-port")
        redis_port = ports.claim(redis_port, "Redis", "--redis-port")
        redis_server = redis.start(folder, redis_port)
        try:
            kafka_server = kafka.start(folder, kafka_port, ports.claim(0, "Kafka's controller", "--kafka-port"))
        except BaseException:
            redis_server.stop()
            raise
        stack = Stack(
            f"{ports.HOST}:{kafka_port}", f"redis://{ports.HOST}:{redis_port}/0", (kafka_server, redis_server)
        )
        _state_file(folder).write_text(json.dumps(asdict(stack)))
        return stack


def down(folder: Path, *, delete_data: bool = False) -> bool:
    """Stop the servers of `folder`; False where none was running. The data stays unless it is to be deleted."""
    with _locked(folder):
        held = status(folder)
        if held:
            _stop(held)
            _state_file(folder).unlink()
        if delete_data:
            for name in ("kafka", "redis"):
                shutil.rmtree(folder / name, ignore_errors=True)
        return held is not None


def status(folder: Path) -> Stack | None:
    """The stack that was started in `folder`, running or not; None where none was. Raises LocalStackError for a damaged file."""
    state = _state_file(folder)
    if not state.exists():
        return None
    try:
        held = json.loads(state.read_text())
        servers = tuple(ServerProcess(**server) for server in held["servers"])
        return Stack(held["bootstrap_servers"], held["redis_url"], servers)
    except (ValueError, KeyError, TypeError):
        raise LocalStackError(
            f"{state} can't be read; delete it, and stop Kafka and Redis by hand if they run"
        ) from None


def _stop(stack: Stack) -> None:
    for server in stack.servers:
        server.stop()


def _state_file(folder: Path) -> Path:
    return folder / "stack.json"


def _check_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < NEEDED_DISK_BYTES:
        have, need = free // 2**20, NEEDED_DISK_BYTES // 2**20
        raise LocalStackError(f"{folder} has {have} MiB free, the local stack needs {need}; free some, or give --dir")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise LocalStackError(f"{folder} can't be written ({error.strerror}); give another with --dir") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
