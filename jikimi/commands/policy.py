"""`jikimi policy`: what holds for all workers at once."""

from typing import Annotated

import typer

from jikimi.commands.common import AuthorOption, JsonOption, author_of, open_store
from jikimi.errors import UsageError
from jikimi.output import note, say, say_json

app = typer.Typer(no_args_is_help=True)

SETTABLE = "max_action"


def register(parent: typer.Typer) -> None:
    """Add the commands to `parent`."""
    parent.add_typer(app, name="policy", help="What holds for all workers at once: the kill switch.")


@app.command("set")
def set_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="max_action", help="What to set; there is only this.")],
    value: Annotated[str, typer.Argument(metavar="ACTION", help="allow, review or hide.")],
    author: AuthorOption = None,
) -> None:
    """Set the strongest action that workers may take. It works in all running workers within a second.

    \b
      jikimi policy set max_action review    nothing is hidden any more
      jikimi policy set max_action hide      as before
    """  # noqa: D301
    if name != SETTABLE:
        raise UsageError(f"{name!r} can't be set; only {SETTABLE} can")
    with open_store(context) as store:
        store.set_max_action(value, author_of(author))  # type: ignore[arg-type]  # the store checks it
    note(f"{SETTABLE} is {value}")


@app.command()
def show(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show the strongest action that workers may take.

    \b
      jikimi policy show
    """  # noqa: D301
    with open_store(context) as store:
        action = store.max_action()
    if as_json:
        say_json({SETTABLE: action})
    else:
        say(f"{SETTABLE} {action}")
