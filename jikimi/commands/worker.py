"""`jikimi worker` and `jikimi health`."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.errors import UsageError
from jikimi.output import say, say_json

# ruff: noqa: PLC0415  # torch and Kafka's client are imported by what needs them

if TYPE_CHECKING:
    from consumer.scoring import ScorerProtocol, ScorerStatus
    from jikimi.settings import Settings

ASK_SECONDS = 3.0


def register(parent: typer.Typer) -> None:
    """Add the commands to `parent`."""
    parent.command()(worker)
    parent.command()(health)


def worker(context: typer.Context) -> None:
    """Decide posts as they come, until SIGTERM or Ctrl-C. What is in flight is finished first.

    Start several, on one host or many: they share the partitions. Logs are JSON lines on stderr.

    \b
      jikimi worker
      JIKIMI_WORKER__HEALTH_PORT=8080 jikimi worker
    """  # noqa: D301
    settings = settings_of(context)
    from consumer import logs
    from consumer.run import run_isolated_worker

    logs.configure()
    build = partial(_build, settings)
    raise typer.Exit(run_isolated_worker(settings.kafka, settings.worker, build, modules=["jikimi.engine"]))


def _build(settings: "Settings") -> "tuple[ScorerProtocol, Callable[[], ScorerStatus]]":
    """Runs in the worker's scoring processes, which alone need torch."""
    from jikimi.engine import build_for_worker

    return build_for_worker(settings)


def health(
    context: typer.Context,
    url: Annotated[
        str | None, typer.Option(help="The worker's endpoint. [default: worker.health_address and worker.health_port]")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a running worker whether it is ready. Exits 1 where it is not, or where none answers.

    \b
      jikimi health --url http://127.0.0.1:8080
      JIKIMI_WORKER__HEALTH_PORT=8080 jikimi health --json
    """  # noqa: D301
    from jikimi.probe import ask_ready

    settings = settings_of(context).worker
    if url is None and settings.health_port == 0:
        raise UsageError(
            "which worker? Its health_port is 0 (any free one), so give --url; its log names the address at the start"
        )
    host = "127.0.0.1" if settings.health_address == "0.0.0.0" else settings.health_address  # noqa: S104  # asked, not bound
    base = url or f"http://{host}:{settings.health_port}"
    status, checks = ask_ready(base, ASK_SECONDS)
    if as_json:
        say_json({"ready": status == HTTPStatus.OK, "checks": dict(checks), "url": base})
    else:
        for name, holds in checks.items():
            say(f"{name:<12} {'ok' if holds else 'FAILS'}")
    if status != HTTPStatus.OK:
        raise typer.Exit(1)
