"""docker-compose.yml as a project of its own: a name, ports and volumes that nobody else has."""

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.models.containers import Container

from jikimi.local import ports

ROOT = Path(__file__).parents[2]
IMAGE = "jikimi:local"
PROMETHEUS_IMAGE = "prom/prometheus:v2.42.0"
COMMAND_SECONDS = 240
PORTS = ("KAFKA_PORT", "REDIS_PORT", "PROMETHEUS_PORT")


def compose_command() -> list[str] | None:
    """`docker compose` where Docker has the plugin, else `docker-compose`, else nothing."""
    docker_program = shutil.which("docker")
    if (
        docker_program
        and not subprocess.run([docker_program, "compose", "version"], capture_output=True, check=False).returncode
    ):
        return [docker_program, "compose"]
    alone = shutil.which("docker-compose")
    return [alone] if alone else None


@dataclass(frozen=True)
class Project:
    """One run of the file. `given` are the ports on this machine."""

    name: str
    command: list[str]
    given: dict[str, str]

    @property
    def bootstrap_servers(self) -> str:
        """Kafka as this machine reaches it."""
        return f"localhost:{self.given['KAFKA_PORT']}"

    @property
    def prometheus(self) -> str:
        """Prometheus as this machine reaches it."""
        return f"http://127.0.0.1:{self.given['PROMETHEUS_PORT']}"

    def compose(self, *arguments: str) -> str:
        """Run one command of compose and return its stdout; an AssertionError with its stderr where it failed."""
        command = [*self.command, "--project-name", self.name, *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | self.given,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    def jikimi(self, *arguments: str) -> str:
        """Run `jikimi …` inside a running worker's container."""
        return self.compose("exec", "-T", "worker", "jikimi", *arguments)

    def up(self, workers: int = 2) -> None:
        """Start all, and wait until all are healthy."""
        self.compose("up", "--detach", "--no-build", "--scale", f"worker={workers}")
        self.wait_until(
            lambda: (
                self.states()
                == {
                    "kafka": ["healthy"],
                    "redis": ["healthy"],
                    "prometheus": ["healthy"],
                    "topics": ["exited 0"],
                    "worker": ["healthy"] * workers,
                }
            )
        )

    def containers(self, service: str | None = None) -> list[Container]:
        """The project's containers, stopped ones too."""
        labels = [f"com.docker.compose.project={self.name}"] + (
            [f"com.docker.compose.service={service}"] if service else []
        )
        client = docker.from_env()
        try:
            return list(client.containers.list(all=True, filters={"label": labels}))
        finally:
            client.close()

    def states(self) -> dict[str, list[str]]:
        """By service: health where it runs, else how it ended."""
        found: dict[str, list[str]] = {}
        for container in self.containers():
            state: dict[str, Any] = container.attrs["State"]
            running = state.get("Health", {}).get("Status", "no health check")
            text = running if state["Running"] else f"exited {state['ExitCode']}"
            found.setdefault(container.labels["com.docker.compose.service"], []).append(text)
        return found

    def wait_until(self, holds: Callable[[], bool], limit_seconds: float = 240.0) -> None:
        """Return once `holds`; after the limit an AssertionError with the states and the workers' last lines."""
        deadline = time.monotonic() + limit_seconds
        while not holds():
            assert time.monotonic() < deadline, f"{json.dumps(self.states())}\n{self.compose('logs', '--tail', '20')}"
            time.sleep(1)


@contextmanager
def project() -> Iterator[Project]:
    """A project whose containers, networks and volumes are removed at the end."""
    command = compose_command()
    assert command
    given = {name: str(ports.claim(0, "compose", name)) for name in PORTS}
    held = Project(f"jikimi-test-{uuid.uuid4().hex[:8]}", command, given)
    try:
        yield held
    finally:
        held.compose("down", "--volumes", "--remove-orphans")
