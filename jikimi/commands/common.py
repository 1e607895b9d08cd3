"""What several commands share."""

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

# ruff: noqa: PLC0415  # what takes long to import is imported where it is used

if TYPE_CHECKING:
    from embeddings.store import ExemplarStore
    from jikimi.settings import Settings

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
AuthorOption = Annotated[
    str | None, typer.Option("--author", help="Who does this, for the audit. [default: your user name]")
]


def settings_of(context: typer.Context) -> "Settings":
    """The settings, read with the --config of this call."""
    from jikimi.settings import load_settings

    return load_settings(context.find_root().params["config"])


def open_store(context: typer.Context, *, views: bool = False) -> "ExemplarStore":
    """The exemplars in the Redis of the settings; with `views` it writes their vectors too, for which torch is loaded."""
    settings = settings_of(context)
    from embeddings.store import ExemplarStore

    if not views:
        return ExemplarStore(settings.bank)
    from jikimi.engine import load_views

    return ExemplarStore(settings.bank, load_views(settings))


def author_of(given: str | None) -> str:
    """Who is written into the audit."""
    return given or getpass.getuser()
