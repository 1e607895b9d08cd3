"""`jikimi demo`."""

import sys
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.output import Colours, say, say_json

# ruff: noqa: PLC0415  # torch and Kafka's client are imported by what needs them

if TYPE_CHECKING:
    from contracts.flag import Flag


def register(parent: typer.Typer) -> None:
    """Add the command to `parent`."""
    parent.command()(demo)


def demo(
    context: typer.Context,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Stream for so long, the samples again and again. [default: once]")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """See the whole path work on this machine: posts in, flags out. Takes under a minute and leaves nothing behind.

    Starts a Kafka and a Redis of its own, loads sample exemplars, streams sample posts with edits, deletions and broken
    records through a real worker, and shows each flag as it comes. It exits 1 unless each post has exactly one decision.
    With --json, flags go to stderr and the last line of stdout is one object: posts, decisions, flags, dead_letters,
    posts_per_second, latency_ms.

    \b
      jikimi demo
      jikimi demo --seconds 30 --json
    """  # noqa: D301
    settings = settings_of(context)
    from jikimi.demo.run import run_demo
    from jikimi.display import HEADER, flag_line

    actions: Counter[str] = Counter()
    out = sys.stderr if as_json else sys.stdout
    colours = Colours(enabled=out.isatty())

    def show(flag: "Flag") -> None:
        if not actions:
            out.write(f"\n{HEADER}\n")
        actions[flag.cause if flag.cause == "deleted" else flag.action] += 1
        out.write(f"{flag_line(flag, colours)}\n")
        out.flush()

    summary = run_demo(settings, seconds, show)
    if as_json:
        say_json(asdict(summary))
    else:
        say(
            f"\n{summary.posts} posts, edits and deletions: {summary.decisions} decisions, {summary.flags} flags "
            f"({actions['hide']} hide, {actions['review']} review, {actions['allow']} cleared by an edit, "
            f"{actions['deleted']} deleted), {summary.dead_letters} dead letters.\n"
            f"{summary.posts_per_second} posts a second; from post to committed decision: "
            f"median {summary.latency_ms['p50']} ms, 99 % within {summary.latency_ms['p99']} ms."
        )
    if summary.decisions != summary.posts:
        raise typer.Exit(1)
