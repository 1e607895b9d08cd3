"""`jikimi publish`."""

import time
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.output import Progress, note, say, say_json

# ruff: noqa: PLC0415  # Kafka's client is imported by what needs it

if TYPE_CHECKING:
    from contracts.post import Post
    from jikimi.inputs import BadLine

SHOWN_BAD_LINES = 20


def register(parent: typer.Typer) -> None:
    """Add the command to `parent`."""
    parent.command()(publish)


def publish(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=".jsonl, .csv, .tsv or .txt; also .gz, .xz.")],
    *,
    text_column: Annotated[
        str | None, typer.Option(help="Of a table: the column with the text. [default: text]")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option(help="Of a table: the column with the id. [default: id; without one: file-line]")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many posts.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="At most so many posts a second.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Send posts from files to the posts topic, and wait until Kafka has them.

    A line that is no post is reported on stderr and left out; the others are sent, and the command exits 1 in the end.
    Only the fields of a post are sent, whatever else a line holds.

    \b
      jikimi publish posts.jsonl
      jikimi publish reviews.tsv.xz --text-column document --limit 100000
      jikimi publish posts.csv --rate 50
    """  # noqa: D301
    from consumer.kafka import Outgoing, PlainProducer
    from contracts.codec import encode
    from contracts.post import Post
    from jikimi.inputs import Columns, check_file, read_posts

    settings = settings_of(context)
    for file in files:
        check_file(file)
    topic, sent, bad = settings.worker.topics.posts, 0, 0
    progress = Progress("posts sent")
    found = chain.from_iterable(read_posts(file, Columns(text_column, id_column)) for file in files)
    with PlainProducer(settings.kafka) as producer:
        for each in _limited(found, limit):
            if not isinstance(each, Post):
                bad += 1
                _report(each, bad)
                continue
            producer.send(Outgoing(topic, each.id.encode(), encode(each)))
            sent += 1
            progress.show(sent)
            if rate:
                time.sleep(max(0.0, sent / rate - progress.seconds))
    progress.clear()
    _sum_up(sent, bad, progress.seconds, as_json=as_json)


def _limited(found: Iterator["Post | BadLine"], limit: int | None) -> Iterator["Post | BadLine"]:
    return found if limit is None else islice(found, limit)


def _report(line: "Post | BadLine", count: int) -> None:
    if count <= SHOWN_BAD_LINES:
        note(str(line))
    elif count == SHOWN_BAD_LINES + 1:
        note("more lines that are no posts are counted, not shown")


def _sum_up(sent: int, bad: int, seconds: float, *, as_json: bool) -> None:
    if as_json:
        say_json({"published": sent, "refused": bad, "seconds": round(seconds, 3)})
    else:
        refused = f"; {bad:,} lines were no posts" if bad else ""
        say(f"{sent:,} posts sent in {seconds:.1f} s ({sent / max(seconds, 1e-9):,.0f}/s){refused}")
    if bad:
        raise typer.Exit(1)
