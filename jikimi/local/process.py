"""A server of the local stack as a background process that outlives the command which started it."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from jikimi.errors import LocalStackError

STOP_LIMIT_SECONDS = 20  # Kafka's controlled shutdown takes 1 to 3 s on one node
LOG_LINES_SHOWN = 5


@dataclass(frozen=True)
class ServerProcess:
    """A started server. The start time beside the pid keeps us from ever stopping a stranger that got the same pid later."""

    name: str
    pid: int
    started: float
    log: str

    def running(self) -> bool:
        """Whether this very process is alive."""
        try:
            process = psutil.Process(self.pid)
            return process.create_time() == self.started and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def stop(self) -> None:
        """Ask it to end, wait, and kill it when it does not. No error where it is gone already."""
        if not self.running():
            return
        process = psutil.Process(self.pid)
        try:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_LIMIT_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(STOP_LIMIT_SECONDS)
        except psutil.NoSuchProcess:
            pass

    def wait_until(self, ready: Callable[[], bool], limit_seconds: float) -> None:
        """Return once `ready()` holds. Raises LocalStackError, with the end of the log, if the server ends or the limit passes."""
        deadline = time.monotonic() + limit_seconds
        while not ready():
            if not self.running():
                raise LocalStackError(f"{self.name} ended while starting; {self._log_end()}")
            if time.monotonic() > deadline:
                raise LocalStackError(f"{self.name} did not answer within {limit_seconds:.0f} s; {self._log_end()}")
            time.sleep(0.1)

    def _log_end(self) -> str:
        lines = Path(self.log).read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return "\n".join([f"its log is {self.log} and ends:", *lines])


def start(name: str, command: Sequence[str | Path], log: Path) -> ServerProcess:
    """Start `command` in a session of its own, output to `log`. Raises LocalStackError where it can't be started."""
    program, *arguments = map(str, command)
    try:
        with log.open("ab") as output:
            # Not subprocess.Popen: it takes a child that outlives it for a mistake, and warns.
            pid = os.posix_spawn(
                program,
                [program, *arguments],
                _environment(),
                file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)],
                setsid=True,
            )
    except OSError as error:
        raise LocalStackError(
            f"{name} can't be started: {error}; is there room on the disk, and may {program} be run?"
        ) from None
    return ServerProcess(name, pid, psutil.Process(pid).create_time(), str(log))


def _environment() -> dict[str, str]:
    # A caller's KAFKA_OPTS or CLASSPATH would change the broker in ways nobody sees.
    return {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}}
