"""`jikimi dead-letters`: what could not be read, and sending it again."""

import base64
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contracts.dead_letter import MAX_ATTEMPTS
from contracts.errors import DEAD_LETTER_CODES
from jikimi.commands.common import JsonOption, settings_of
from jikimi.errors import UsageError
from jikimi.moments import moment
from jikimi.output import escaped, note, printable, say, say_json

# ruff: noqa: PLC0415  # Kafka's client is imported by what needs it

if TYPE_CHECKING:
    from consumer.letters import Choice, Letter
    from consumer.replay import State


def _known(code: str) -> str:
    if code not in DEAD_LETTER_CODES:
        raise typer.BadParameter(f"{code!r} is none of {', '.join(DEAD_LETTER_CODES)}")
    return code


CodeOption = Annotated[
    list[str] | None,
    typer.Option("--code", parser=_known, metavar="CODE", help="Only of this code; may be given again."),
]
SinceOption = Annotated[
    datetime | None,
    typer.Option(parser=moment, metavar="TIME", help="Only from then on: 30m, 2h, 7d (ago), or an RFC 3339 time."),
]
UntilOption = Annotated[datetime | None, typer.Option(parser=moment, metavar="TIME", help="Only before then.")]

MENDS: "dict[State, str]" = {
    "cut": "only the first part of its value is kept; its producer must publish the record again",
    "parked": "it failed as often as a record is tried; mend the cause, then give --max-attempts to try once more",
    "foreign": "its topic is none that these settings read; replay it with the settings of its workers",
}

app = typer.Typer(no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands to `parent`."""
    parent.add_typer(app, name="dead-letters", help="Records that could not be read: look, and send again.")


@app.command("list")
def list_(
    context: typer.Context,
    code: CodeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
) -> None:
    """List dead letters, oldest first in each partition. Shows name, time, code, tries, state, source and what is wrong, never a text.

    The state says what `replay` would do: `waiting` is sent; `replayed` was sent; `parked` was tried three times and is left alone;
    `cut` lost its end and can't be sent; `foreign` is of a topic that these settings do not read.

    \b
      jikimi dead-letters list --since 2h
      jikimi dead-letters list --code not-json --json
    """  # noqa: D301
    from consumer.letters import read_letters
    from consumer.replay import read_receipts, state_of

    settings = settings_of(context)
    worker = settings.worker
    receipts = read_receipts(settings.kafka, worker)
    states: Counter[State] = Counter()
    for letter in read_letters(settings.kafka, worker.topics.dead_letters, _choice(None, code, since, until)):
        state = state_of(letter, receipts, worker.topics.sources, MAX_ATTEMPTS)
        states[state] += 1
        if as_json:
            say_json(_fields(letter, state))
        else:
            at = f"{letter.failed_at:%Y-%m-%d %H:%M:%S}"
            line = (
                f"{letter.name:<9} {at}  {letter.code:<12} {letter.attempts} {state:<9} {letter.source}  {letter.text}"
            )
            say(printable(line))
    if not as_json:
        note(_counted(states) or "no dead letters")


@app.command()
def show(
    context: typer.Context,
    letter: Annotated[str, typer.Argument(metavar="LETTER", help="Its name in the list, like 0/15.")],
    value: Annotated[
        bool, typer.Option("--value", help="Show the record's key and value too, which may be a member's words.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show one dead letter with all headers. Its bytes only with --value, where what is not printable is written by its code.

    With --json the bytes are in Base64.

    \b
      jikimi dead-letters show 0/15
      jikimi dead-letters show 0/15 --value
    """  # noqa: D301
    from consumer.letters import read_letters
    from consumer.replay import read_receipts, state_of

    settings = settings_of(context)
    worker = settings.worker
    found = next(read_letters(settings.kafka, worker.topics.dead_letters, _choice([letter], None, None, None)), None)
    if found is None:
        raise UsageError(f"there is no dead letter {letter}; `jikimi dead-letters list` names those there are")
    state = state_of(found, read_receipts(settings.kafka, worker), worker.topics.sources, MAX_ATTEMPTS)
    if as_json:
        content = _base64(found) if value else {}
        say_json({**_fields(found, state), "headers": _headers(found), **content})
        return
    for name, held in (*_fields(found, state).items(), *_headers(found)):
        say(printable(f"{name:<24} {held}"))
    if value:
        say(f"{'key':<24} {_escaped(found.record.key)}\n{'value':<24} {_escaped(found.record.value)}")


@app.command()
def replay(
    context: typer.Context,
    letters: Annotated[
        list[str] | None, typer.Argument(metavar="LETTER...", help="Names in the list, like 0/15.")
    ] = None,
    code: CodeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every letter that is waiting.")] = False,
    max_attempts: Annotated[
        int,
        typer.Option(
            min=1, help="A record that was tried so often is left alone; to try parked ones again, give more."
        ),
    ] = MAX_ATTEMPTS,
    as_json: JsonOption = False,
) -> None:
    """Send dead letters to the topic they came from, as they came. Exits 1 where one is refused. `list` shows which it would be.

    Each letter is sent once, however often this runs and whenever it is interrupted: record and receipt are one Kafka transaction.
    A record that fails again becomes a new letter with one more try; it is not sent by the same run, and never after three.

    \b
      jikimi dead-letters replay 0/15 0/16
      jikimi dead-letters replay --code not-utf8 --since 2h
      jikimi dead-letters replay --all
    """  # noqa: D301
    choice = _choice(letters, code, since, until)
    from consumer.letters import Choice, read_letters
    from consumer.replay import Replay

    if every == (choice != Choice()):
        raise typer.BadParameter("say which: LETTER..., --code, --since or --until, or else --all")
    settings = settings_of(context)
    with Replay(settings.kafka, settings.worker, max_attempts) as run:
        found = read_letters(settings.kafka, settings.worker.topics.dead_letters, choice)
        met = run.run(found, lambda letter, state: note(f"{letter.name} is {state}: {MENDS[state]}"))
    missing = max(0, len(choice.names) - met.total())
    sent, before = met.pop("waiting", 0), met.pop("replayed", 0)
    if as_json:
        say_json({"replayed": sent, "replayed_before": before, "refused": dict(met), "missing": missing})
    else:
        others = _counted({"replayed before": before, **met, "not found": missing})
        say(f"{sent} replayed" + (f"; {others}" if others else ""))
    if met or missing:
        raise typer.Exit(1)


def _choice(
    names: Iterable[str] | None, codes: Iterable[str] | None, since: datetime | None, until: datetime | None
) -> "Choice":
    from consumer.letters import Choice

    return Choice(frozenset(names or ()), frozenset(codes or ()), since, until)


def _fields(letter: "Letter", state: "State") -> dict[str, Any]:
    """What is said of a letter; nothing of it is the post's."""
    record = letter.record
    return {
        "letter": letter.name,
        "failed_at": letter.failed_at.isoformat(),
        "code": letter.code,
        "error": letter.text,
        "attempts": letter.attempts,
        "state": state,
        "source": str(letter.source),
        "key_bytes": None if record.key is None else len(record.key),
        "value_bytes": None if record.value is None else len(record.value),
        "cut_from_bytes": letter.cut_from,
    }


def _headers(letter: "Letter") -> list[tuple[str, str]]:
    """Those the record came with, in order; a name may come twice."""
    return [(name, escaped(held)) for name, held in letter.carried]


def _base64(letter: "Letter") -> dict[str, str | None]:
    pair: dict[str, bytes | None] = {"key_base64": letter.record.key, "value_base64": letter.record.value}
    return {name: None if held is None else base64.b64encode(held).decode() for name, held in pair.items()}


def _escaped(held: bytes | None) -> str:
    return "null" if held is None else escaped(held)


def _counted(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
