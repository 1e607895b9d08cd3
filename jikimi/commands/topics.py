"""`jikimi topics`."""

from typing import Annotated

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.output import say, say_json

# ruff: noqa: PLC0415  # Kafka's client is imported by what needs it

app = typer.Typer(no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands to `parent`."""
    parent.add_typer(app, name="topics", help="The Kafka topics.")


@app.command()
def create(
    context: typer.Context,
    partitions: Annotated[
        int, typer.Option(min=1, max=10_000, help="Of each topic; fixed once made, and the most workers there can be.")
    ] = 8,
    replication: Annotated[int, typer.Option(min=-1, max=32, help="Copies of each topic; -1: the broker's own.")] = -1,
    as_json: JsonOption = False,
) -> None:
    """Make the topics that are missing, with their documented configurations. Existing ones stay as they are.

    \b
      jikimi topics create
      jikimi topics create --partitions 32 --replication 3
    """  # noqa: D301
    from consumer.kafka import create_topics

    settings = settings_of(context)
    states = create_topics(settings.kafka, settings.worker.topics, partitions, replication)
    if as_json:
        say_json({"topics": [each._asdict() for each in states]})
        return
    for each in states:
        made = "made" if each.created else "there already"
        say(f"{each.name:<26} {made:<14} {each.partitions} partitions   {each.purpose}")
