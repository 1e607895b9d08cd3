"""`jikimi score`: decisions without Kafka and without Redis."""

import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jikimi.commands.common import settings_of
from jikimi.output import note, say_json

# ruff: noqa: PLC0415  # torch is imported by what needs it

if TYPE_CHECKING:
    from consumer.decode import Item

BATCH = 256
MAX_LINE_BYTES = 4 * 1024 * 1024


def register(parent: typer.Typer) -> None:
    """Add the command to `parent`."""
    parent.command()(score)


def score(
    context: typer.Context,
    exemplars: Annotated[
        Path | None, typer.Option(help="Exemplars to compare with, JSONL or CSV. [default: none, the head alone]")
    ] = None,
) -> None:
    """Decide posts given as JSONL on stdin, with no Kafka and no Redis. A decision a line on stdout, in the order of the posts.

    A line that is no post is reported on stderr with its number; the others are decided, and the exit code is 1.

    \b
      echo '{"id": "1", "text": "당일 지급 알바 구해요 카톡 alba77"}' | jikimi score
      jikimi score --exemplars exemplars.jsonl < posts.jsonl > decisions.jsonl
    """  # noqa: D301
    settings = settings_of(context)
    from consumer.scoring import decide
    from contracts.errors import InvalidRecordError
    from embeddings.exchange import read_exemplars
    from jikimi.engine import fill, load_engine

    engine, failed = load_engine(settings), False
    if exemplars:
        fill(engine, read_exemplars(exemplars))
    items = _items()
    # A person who types wants an answer to each line; a file is faster in batches.
    while batch := list(islice(items, 1 if sys.stdin.isatty() else BATCH)):
        for item, decision in zip(batch, decide(engine.scorer, batch, engine.status()), strict=True):
            if decision is not None:
                say_json(decision)
            elif isinstance(item.content, InvalidRecordError):
                failed = True
                note(f"line {item.record.offset}: {item.content.code}: {item.content}")
    if failed:
        raise typer.Exit(1)


def _items() -> Iterator["Item"]:
    """The lines of stdin by the very way a worker reads its records; the line number stands for the offset."""
    from consumer.decode import decode
    from consumer.kafka import Partition, Record
    from contracts.topics import FEEDBACK

    place, now = Partition("stdin", 0), int(time.time() * 1000)
    for number, line in enumerate(iter(lambda: sys.stdin.buffer.readline(MAX_LINE_BYTES), b""), start=1):
        if line.strip():
            yield decode(Record(place, number, now, None, line.rstrip(b"\r\n"), ()), FEEDBACK)
