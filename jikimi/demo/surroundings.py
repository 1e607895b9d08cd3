"""What the demo starts around itself, and how all of it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from jikimi.errors import DemoError, HealthError
from jikimi.local import ports, stack
from jikimi.output import note
from jikimi.probe import ask_ready
from jikimi.settings import PREFIX, Settings

READY_LIMIT_SECONDS = 120
STOP_LIMIT_SECONDS = 30
ASK_SECONDS = 2.0
LOG_LINES_SHOWN = 5
EXIT_TERMINATED = 128 + signal.SIGTERM


class WorkerProcess:
    """A `jikimi worker` as a process of its own, its log in a file."""

    def __init__(self, settings: Settings, started: stack.Stack, folder: Path) -> None:
        port = ports.claim(0, "the worker", "--seconds")
        self.address, self._log = f"http://{ports.HOST}:{port}", folder / "worker.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jikimi", "worker"],
                env=_environment(settings, started, port, folder),
                cwd=folder,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the demo, which then stops the worker
            )

    def wait_until_ready(self) -> None:
        """Return once it says that it is ready. Raises DemoError with the end of its log where it ends or takes too long."""
        deadline = time.monotonic() + READY_LIMIT_SECONDS
        while not self._ready():
            self.check()
            if time.monotonic() > deadline:
                raise DemoError(f"the worker was not ready within {READY_LIMIT_SECONDS} s; {self._log_end()}")
            time.sleep(0.1)

    def check(self) -> None:
        """Raise DemoError where it has ended."""
        if self._process.poll() is not None:
            raise DemoError(f"the worker ended with exit code {self._process.returncode}; {self._log_end()}")

    def stop(self) -> None:
        """Ask it to finish, and kill it where it does not."""
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ready(self) -> bool:
        try:
            status, _ = ask_ready(self.address, ASK_SECONDS)
        except HealthError:
            return False
        return status == 200

    def _log_end(self) -> str:
        return "\n".join(["its log ends:", *self._log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]])


@contextmanager
def running_stack(folder: Path) -> Iterator[stack.Stack]:
    """Kafka and Redis on free ports, gone at the end with all their data."""
    try:
        yield stack.up(folder / "stack", 0, 0)
    finally:
        note("stopping Kafka and Redis")
        stack.down(folder / "stack", delete_data=True)


@contextmanager
def running_worker(settings: Settings, started: stack.Stack, folder: Path) -> Iterator[WorkerProcess]:
    """A worker, ready to decide, stopped at the end."""
    worker = WorkerProcess(settings, started, folder)
    try:
        worker.wait_until_ready()
        yield worker
    finally:
        worker.stop()


@contextmanager
def ended_in_order() -> Iterator[None]:
    """SIGTERM ends the block like any other error, and a second signal does not break into its cleaning up."""

    def end(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(EXIT_TERMINATED)

    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _environment(settings: Settings, started: stack.Stack, port: int, folder: Path) -> dict[str, str]:
    """Ours without its JIKIMI_ variables: the demo must not meet somebody's real Kafka, or the worker's own settings."""
    own = {
        **started.env,
        "JIKIMI_ENCODER__DEVICE": settings.encoder.device,
        "JIKIMI_WORKER__HEALTH_PORT": str(port),
        "JIKIMI_WORKER__SLOT_FOLDER": str(folder / "slots"),
        "JIKIMI_RELEASE": str(Path(settings.release).resolve()) if settings.release else "",
    }
    return {**{name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}, **own}
