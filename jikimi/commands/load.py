"""`jikimi load`."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.output import Progress, note, say, say_json

# ruff: noqa: PLC0415  # Kafka's client is imported by what needs it

if TYPE_CHECKING:
    from jikimi.load.run import Report

LEAST_SHARE = 0.95  # of the rate asked for; below it the run says nothing about that rate

LimitOption = Annotated[
    float | None, typer.Option(min=0, metavar="MS", help="Exit 1 where it is longer, in milliseconds.")
]


def register(parent: typer.Typer) -> None:
    """Add the command to `parent`."""
    parent.command()(load)


def load(
    context: typer.Context,
    *,
    rate: Annotated[float, typer.Option(min=0.1, max=100_000, help="Posts a second.")] = 100.0,
    minutes: Annotated[float, typer.Option(min=0.01, max=1_440, help="For so long.")] = 1.0,
    max_drop: Annotated[float, typer.Option(min=0, max=1, help="Exit 1 where a greater share has no decision.")] = 0.0,
    p50: LimitOption = None,
    p95: LimitOption = None,
    p99: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send marked posts through the running stream at a steady rate. Reports drops and latency; exits 1 where a limit is missed.

    The texts are the samples', the ids begin with `load-`. Latency is from when a post was due to when a committed reader has
    its decision. Dropped is what has none 30 s after the last post; a decision too many, or a rate that was not reached, is
    a miss too. Posts that were flagged are deleted at the end, so that moderators need not work through them.

    \b
      jikimi load --rate 100 --minutes 5 --p99 500
      jikimi load --rate 2000 --minutes 1 --max-drop 0.001 --json
    """  # noqa: D301
    from jikimi.load.run import run_load

    settings = settings_of(context)
    progress = Progress("posts sent")
    report = run_load(settings.kafka, settings.worker.topics, rate, minutes * 60, progress.show)
    progress.clear()
    missed = list(_missed(report, rate, max_drop, {"p50": p50, "p95": p95, "p99": p99}))
    if as_json:
        say_json({**asdict(report), "drop_rate": report.drop_rate, "missed": missed})
    else:
        say(
            f"{report.sent:,} posts sent in {report.seconds} s ({report.rate:,.0f}/s), {report.decided:,} decided, "
            f"{report.doubled:,} doubled, drop rate {report.drop_rate:.4%}"
        )
        say("latency " + ", ".join(f"{name} {value} ms" for name, value in report.latency_ms.items()))
        for miss in missed:
            note(f"missed: {miss}")
    if missed:
        raise typer.Exit(1)


def _missed(report: "Report", rate: float, max_drop: float, limits: dict[str, float | None]) -> Iterator[str]:
    if report.drop_rate > max_drop:
        yield f"drop rate {report.drop_rate:.4%}, the limit is {max_drop:.4%}"
    if report.doubled:
        yield f"{report.doubled} decisions too many"
    if report.rate < LEAST_SHARE * rate:
        yield f"{report.rate:,.0f} posts a second were sent, {rate:,.0f} were asked for; this machine or Kafka takes no more"
    for name, limit in limits.items():
        measured = report.latency_ms[name]
        if limit is not None and measured is not None and measured > limit:
            yield f"{name} {measured:g} ms, the limit is {limit:g} ms"
