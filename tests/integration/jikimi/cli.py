"""The real command line against real servers, with topics and a group of its own."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
LIMIT_SECONDS = 120
STOP_LIMIT_SECONDS = 40
ROLES = ("posts", "decisions", "flags", "feedback", "dead_letters")


class Cli:
    """`jikimi` as a process; each of these has topics of its own, so tests do not meet."""

    def __init__(self, kafka: str, redis_url: str, folder: Path) -> None:
        self.name, self.folder = f"cli-{uuid.uuid4().hex[:8]}", folder
        topics = {f"JIKIMI_WORKER__TOPICS__{role.upper()}": f"{self.name}.{role}" for role in ROLES}
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "JIKIMI_KAFKA__BOOTSTRAP_SERVERS": kafka,
            "JIKIMI_BANK__REDIS_URL": redis_url,
            "JIKIMI_WORKER__GROUP": self.name,
            "JIKIMI_WORKER__SLOT_FOLDER": str(folder / "slots"),
            **topics,
        }

    def run(self, *arguments: str, stdin: str = "", code: int = 0) -> "subprocess.CompletedProcess[str]":
        """Run to its end, which must be `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "jikimi", *arguments],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json_lines(self, *arguments: str, stdin: str = "") -> list[dict[str, Any]]:
        """The JSON objects on stdout, one a line."""
        return [json.loads(line) for line in self.run(*arguments, stdin=stdin).stdout.splitlines()]

    @contextmanager
    def running(self, *arguments: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
        """Run beside the test; asked to end at its end."""
        with (self.folder / "stderr.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "jikimi", *arguments],
                cwd=self.folder,
                env={**self.environment, **variables},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        with process:
            try:
                yield process
            finally:
                process.terminate()
                process.wait(STOP_LIMIT_SECONDS)
