"""`jikimi local`: Kafka and Redis on this machine."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jikimi.commands.common import JsonOption
from jikimi.output import note, say, say_json

# ruff: noqa: PLC0415  # Kafka's client is imported by what needs it

if TYPE_CHECKING:
    from jikimi.local.stack import Stack

EXIT_NOT_RUNNING = 1

Folder = Annotated[
    Path | None, typer.Option("--dir", help="Where data, logs and state are. [default: ~/.local/state/jikimi/local]")
]

app = typer.Typer(no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands to `parent`."""
    parent.add_typer(app, name="local", help="Kafka and Redis on this machine, without Docker.", rich_help_panel=None)


@app.command()
def up(
    folder: Folder = None,
    kafka_port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 9092,
    redis_port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 6379,
    as_json: JsonOption = False,
) -> None:
    """Start Kafka and Redis, or find them running. Prints the variables that point other commands at them.

    \b
      eval "$(jikimi local up)"
      jikimi local up --kafka-port 0 --redis-port 0 --json
    """  # noqa: D301
    from jikimi.local import stack

    note("starting Kafka and Redis (about 10 s; the first time Kafka, 110 MB, is fetched)")
    _show(stack.up(_folder(folder), kafka_port, redis_port), as_json=as_json)


@app.command()
def down(
    folder: Folder = None,
    delete_data: Annotated[bool, typer.Option("--delete-data", help="Remove topics and exemplars too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Stop Kafka and Redis; topics and exemplars stay for the next time.

    \b
      jikimi local down
      jikimi local down --delete-data
    """  # noqa: D301
    from jikimi.local import stack

    stopped = stack.down(_folder(folder), delete_data=delete_data)
    if as_json:
        say_json({"stopped": stopped})
    else:
        note("stopped" if stopped else "nothing was running")


@app.command()
def status(folder: Folder = None, as_json: JsonOption = False) -> None:
    """Say whether Kafka and Redis run, and where. Exits 1 where they do not.

    \b
      jikimi local status --json
    """  # noqa: D301
    from jikimi.local import stack

    held = stack.status(_folder(folder))
    if held is None or not held.running():
        if as_json:
            say_json({"running": False})
        else:
            note("not running; `jikimi local up` starts it")
        raise typer.Exit(EXIT_NOT_RUNNING)
    _show(held, as_json=as_json)


def _folder(given: Path | None) -> Path:
    from jikimi.local.stack import DEFAULT_FOLDER

    return (given or DEFAULT_FOLDER).expanduser()


def _show(held: "Stack", *, as_json: bool) -> None:
    if as_json:
        servers = {server["name"].lower(): server["pid"] for server in asdict(held)["servers"]}
        addresses = {"bootstrap_servers": held.bootstrap_servers, "redis_url": held.redis_url}
        say_json({"running": True, **addresses, "env": held.env, "pids": servers})
        return
    for name, value in held.env.items():
        say(f"export {name}={value}")
