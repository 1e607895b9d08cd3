"""The command line: `jikimi --help`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import JikimiError
from jikimi.commands import (
    campaigns,
    dead_letters,
    decide,
    demo,
    encoder,
    exemplars,
    head,
    learn,
    load,
    local,
    policy,
    publish,
    status,
    tail,
    topics,
    vectors,
    worker,
)

EXIT_FAILED = 1

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback()
def jikimi(
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file with settings; else the file JIKIMI_CONFIG names, else ./jikimi.toml."),
    ] = None,
) -> None:
    """Jikimi (지킴이) reads a community's posts from Kafka and publishes what to do with each: allow, review or hide.

    \b
    See it work, with nothing installed but this:
      jikimi demo
    \b
    Step by step on this machine:
      eval "$(jikimi local up)"         start Kafka and Redis, and point this shell at them
      jikimi topics create              make the topics
      jikimi exemplars add --label job "당일 지급 알바 모집, 카톡 alba77"
      jikimi worker &                   decide posts as they come
      jikimi publish posts.jsonl        send posts
      jikimi flags tail --from-beginning
      jikimi local down
    \b
    Settings come from variables (JIKIMI_KAFKA__BOOTSTRAP_SERVERS …) over jikimi.toml over defaults: docs/settings.md.
    Exit codes: 0 done, 1 failed, 2 misused.
    """  # noqa: D301  # \b is the mark that keeps lines as they are


for group in (
    demo,
    local,
    topics,
    worker,
    status,
    publish,
    load,
    tail,
    dead_letters,
    decide,
    exemplars,
    policy,
    vectors,
    learn,
    encoder,
    head,
    campaigns,
):
    group.register(app)


def main() -> None:
    """Run the command line; an error meant for a person is shown as one message, without a traceback."""
    try:
        app(prog_name="jikimi")
    except JikimiError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(EXIT_FAILED)
    finally:
        _flush_quietly()


def _flush_quietly() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has gone; without this Python complains once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
