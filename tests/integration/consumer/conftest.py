"""Fixtures of the worker's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.consumer.stream import Stream, new_stream


@pytest.fixture
def stream(kafka: str, tmp_path: Path) -> Iterator[Stream]:
    """Fresh topics of two partitions and a fresh group on the run's Kafka."""
    with new_stream(kafka, tmp_path / "slots") as made:
        yield made
