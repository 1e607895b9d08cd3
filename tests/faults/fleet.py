"""Worker processes under a supervisor that starts them again, as systemd or Kubernetes would."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

CHECK_SECONDS = 0.1
RESTART_SECONDS = 0.5
MIB = 2**20


class Exit(NamedTuple):
    """A worker process that ended: when (monotonic seconds), which and how (negative: the signal)."""

    at: float
    name: str
    code: int


class Fleet:
    """One process for each name. `stop` ends them for good; what ends before is started again."""

    def __init__(self, commands: Mapping[str, Sequence[str]], logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._commands, self._logs = commands, logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
        self.exits: list[Exit] = []

    def start(self) -> None:
        """Start all, and the supervisor."""
        for name in self._commands:
            self._running[name] = self._spawn(name)
        self._thread.start()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send the worker a signal; nothing where it is gone at this moment."""
        with self._lock, suppress(ProcessLookupError):
            self._running[name].send_signal(number)

    def pid(self, name: str) -> int:
        """Of the present process."""
        return self._running[name].pid

    def memory(self) -> dict[str, float]:
        """Resident MiB of each process that runs, by name, its children included."""
        return {name: _memory(each.pid) for name, each in self._running.items() if each.poll() is None}

    def spawn_beside(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """A process that is not supervised; the caller ends it."""
        with (self._logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(list(command), stdout=log, stderr=log, env=_environment())

    def stop(self, limit_seconds: float = 40.0) -> dict[str, int]:
        """SIGTERM to all; the exit codes by name. What has not ended after the limit is killed (-9)."""
        self._closing.set()
        self._thread.join()
        for name in self._running:
            self.signal(name, signal.SIGCONT)
            self.signal(name, signal.SIGTERM)
        deadline = time.monotonic() + limit_seconds
        for each in self._running.values():
            try:
                each.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()
        return {name: each.returncode for name, each in self._running.items()}

    def _supervise(self) -> None:
        due: dict[str, float] = {}
        while not self._closing.wait(CHECK_SECONDS):
            now = time.monotonic()
            for name, process in list(self._running.items()):
                code = process.poll()
                if code is None:
                    continue
                if name not in due:
                    self.exits.append(Exit(now, name, code))
                    due[name] = now + RESTART_SECONDS
                elif now >= due[name]:
                    del due[name]
                    with self._lock:
                        self._running[name] = self._spawn(name)

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        return self.spawn_beside(name, self._commands[name])


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}


def _memory(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        return float(sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / MIB)
    except psutil.NoSuchProcess:
        return 0.0
