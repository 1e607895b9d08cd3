"""The command line for each test."""

from pathlib import Path

import pytest

from consumer.settings import KafkaSettings, TopicNames, WorkerSettings
from tests.integration.consumer.stream import Stream
from tests.integration.jikimi.cli import ROLES, Cli


@pytest.fixture
def cli(kafka: str, redis_url: str, tmp_path: Path) -> Cli:
    """`jikimi` pointed at the servers of this run, its topics made."""
    command = Cli(kafka, redis_url, tmp_path)
    command.run("topics", "create", "--partitions", "2")
    return command


@pytest.fixture
def stream(cli: Cli, kafka: str, tmp_path: Path) -> Stream:
    """The same topics and group as the command line's, for a worker in a thread."""
    topics = TopicNames(**{role: f"{cli.name}.{role}" for role in ROLES})
    settings = WorkerSettings(group=cli.name, topics=topics, slot_folder=str(tmp_path / "s"), session_timeout_ms=6_000)
    return Stream(KafkaSettings(bootstrap_servers=kafka), topics, settings)
