"""`jikimi status`."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from contracts.times import utc_now
from jikimi.commands.common import JsonOption, settings_of
from jikimi.output import Colours, note, say, say_json

# ruff: noqa: PLC0415  # Kafka's and Redis' clients are imported by what needs them

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from jikimi.status import Status


def register(parent: typer.Typer) -> None:
    """Add the command to `parent`."""
    parent.command()(status)


def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show the whole stream at a glance. That is group, workers, lag, newest decisions, bank and kill switch.

    Only Kafka and Redis are asked, so it works from anywhere; `jikimi health` asks one worker. Exits 1 where one of the two
    does not answer, or no worker is in the group.

    \b
      jikimi status
      jikimi status --json
    """  # noqa: D301
    from jikimi.status import look

    settings = settings_of(context)
    found = look(settings)
    if as_json:
        say_json(_as_json(found, settings.worker.group))
    else:
        for name, line in _lines(found, settings.worker.group, Colours.for_stdout()):
            say(f"{name:<12} {line}")
        for problem in found.problems:
            note(f"error: {problem}")
    if found.problems:
        raise typer.Exit(1)


def _lines(found: "Status", group: str, colours: Colours) -> "Iterator[tuple[str, str]]":
    if found.group:
        yield "group", f"{group}: {found.group.state}, {_many(len(found.group.members), 'worker')}"
        for each in found.group.members:
            name = each.client_id.removeprefix(f"{group}-")
            yield "", f"{name} on {each.host}: {_many(len(each.partitions), 'partition')}"
    for topic, records in _lag(found).items():
        yield "lag", f"{topic} {(colours.yellow if records else colours.green)(f'{records:,}')}"
    if found.decided:
        decided = found.decided
        yield "decided", f"{_ago(decided.newest_at)}, with the bank of {decided.bank or '-'}"
        yield "", f"of the newest {decided.count}: {_counts(decided.actions)}"
        yield "release", _counts(decided.releases)
        if decided.degraded:
            yield "degraded", colours.red(_counts(decided.degraded))
    if found.bank:
        state = found.bank.state
        yield "bank", f"{_many(found.bank.exemplars, 'exemplar')}, version {state.version} of {state.position}"
        yield "", f"changed {_ago(found.bank.changed_at)}, epoch {state.epoch or '-'}"
        full = state.max_action == "hide"
        yield "max_action", state.max_action if full else colours.red(f"{state.max_action}, the kill switch is on")


def _as_json(found: "Status", group: str) -> dict[str, Any]:
    """The same for a program; a part is null where its server does not answer."""
    decided, bank = found.decided, found.bank
    return {
        "group": found.group
        and {
            "name": group,
            "state": found.group.state,
            "workers": [
                {
                    "client_id": each.client_id,
                    "host": each.host,
                    "partitions": [str(place) for place in each.partitions],
                }
                for each in found.group.members
            ],
        },
        "lag": found.group and _lag(found),
        "lag_by_partition": found.group and {str(each.partition): each.records for each in found.lag},
        "decisions": decided
        and {
            "looked_at": decided.count,
            "newest_at": _text(decided.newest_at),
            "bank": decided.bank,
            "actions": decided.actions,
            "releases": decided.releases,
            "degraded": decided.degraded,
        },
        "bank": bank
        and {
            "exemplars": bank.exemplars,
            "version": bank.state.version,
            "position": bank.state.position,
            "changed_at": _text(bank.changed_at),
            "epoch": bank.state.epoch,
        },
        "max_action": bank and bank.state.max_action,
        "problems": found.problems,
    }


def _lag(found: "Status") -> Counter[str]:
    lag: Counter[str] = Counter()
    for each in found.lag:
        lag[each.partition.topic] += each.records
    return lag


def _counts(counts: "Mapping[str, int]") -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "-"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _text(at: "datetime | None") -> str | None:
    return at.isoformat() if at else None


def _ago(at: "datetime | None") -> str:
    if at is None:
        return "never"
    seconds = max(0, int((utc_now() - at).total_seconds()))
    size, unit = next(
        ((size, unit) for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")) if seconds >= size), (1, "s")
    )
    return f"{seconds // size} {unit} ago"
