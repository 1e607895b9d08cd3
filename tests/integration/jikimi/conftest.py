"""The command line for each test."""

from pathlib import Path

import pytest

from tests.integration.jikimi.cli import Cli


@pytest.fixture
def cli(kafka: str, redis_url: str, tmp_path: Path) -> Cli:
    """`jikimi` pointed at the servers of this run, its topics made."""
    command = Cli(kafka, redis_url, tmp_path)
    command.run("topics", "create", "--partitions", "2")
    return command
