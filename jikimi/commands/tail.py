"""`jikimi flags tail` and `jikimi decisions tail`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.output import Colours, note, say

# ruff: noqa: PLC0415  # Kafka's client is imported by what needs it

if TYPE_CHECKING:
    from consumer.settings import KafkaSettings

Record = TypeVar("Record", bound=msgspec.Struct)

FromBeginning = Annotated[bool, typer.Option("--from-beginning", help="Also what is there already, not only new ones.")]
UntilCaughtUp = Annotated[bool, typer.Option("--until-caught-up", help="Stop where nothing is left to read.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Stop after so many.")]

flags = typer.Typer(no_args_is_help=True)
decisions = typer.Typer(no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands to `parent`."""
    parent.add_typer(flags, name="flags", help="What moderation should know of.")
    parent.add_typer(decisions, name="decisions", help="Every decision.")


@flags.command("tail")
def tail_flags(
    context: typer.Context,
    from_beginning: FromBeginning = False,
    until_caught_up: UntilCaughtUp = False,
    limit: Limit = None,
    as_json: JsonOption = False,
) -> None:
    """Show flags as they come: action, label, view, score, exemplar, text. Committed ones only. Ctrl-C ends it.

    \b
      jikimi flags tail
      jikimi flags tail --from-beginning --until-caught-up --json > flags.jsonl
    """  # noqa: D301
    from contracts.flag import Flag
    from jikimi.display import HEADER, flag_line

    settings = settings_of(context)
    topic = settings.worker.topics.flags
    if not as_json:
        note(HEADER)
    line = _line(Flag, flag_line, as_json=as_json)
    _tail(settings.kafka, topic, line, from_beginning=from_beginning, until_caught_up=until_caught_up, limit=limit)


@decisions.command("tail")
def tail_decisions(
    context: typer.Context,
    from_beginning: FromBeginning = False,
    until_caught_up: UntilCaughtUp = False,
    limit: Limit = None,
    as_json: JsonOption = False,
) -> None:
    """Show decisions as they come, one for each post, edit and deletion. Committed ones only. Ctrl-C ends it.

    \b
      jikimi decisions tail --limit 10
      jikimi decisions tail --from-beginning --until-caught-up --json | wc -l
    """  # noqa: D301
    from contracts.decision import Decision
    from jikimi.display import HEADER, decision_line

    settings = settings_of(context)
    topic = settings.worker.topics.decisions
    if not as_json:
        note(HEADER)
    line = _line(Decision, decision_line, as_json=as_json)
    _tail(settings.kafka, topic, line, from_beginning=from_beginning, until_caught_up=until_caught_up, limit=limit)


def _line(kind: type[Record], shown: Callable[[Record, Colours], str], *, as_json: bool) -> Callable[[bytes], str]:
    decoder, colours = msgspec.json.Decoder(kind), Colours.for_stdout()
    if as_json:
        return lambda value: msgspec.json.format(value, indent=-1).decode()
    return lambda value: shown(decoder.decode(value), colours)


def _tail(
    kafka: "KafkaSettings",
    topic: str,
    line: Callable[[bytes], str],
    *,
    from_beginning: bool,
    until_caught_up: bool,
    limit: int | None,
) -> None:
    from consumer.kafka import Reader

    shown = 0
    with Reader(kafka, topic, "beginning" if from_beginning else "end") as reader:
        while limit is None or shown < limit:
            records = reader.read(max_records=500 if limit is None else min(500, limit - shown))
            for record in records:
                try:
                    say(line(record.value or b""))
                except msgspec.MsgspecError as error:
                    note(f"{record.partition}/{record.offset} is not as documented: {error}")
                shown += 1
            if until_caught_up and not records and reader.caught_up():
                return
