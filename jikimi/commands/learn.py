"""The groups `jikimi train` and `jikimi evaluate`, and what their commands share."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from jikimi.errors import UsageError
from jikimi.output import note, say, say_json
from jikimi.report.parts import Report

train = typer.Typer(no_args_is_help=True)
evaluate = typer.Typer(no_args_is_help=True)

Data = Annotated[
    Path, typer.Option(help="Folder with the public data sets, one folder each.", exists=True, file_okay=False)
]
Out = Annotated[Path, typer.Option(help="Folder to write; made if missing.", file_okay=False)]
ReportOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder to write report.html and report.json to: pictures, and the texts judged wrong.", file_okay=False
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]


def register(parent: typer.Typer) -> None:
    """Add the commands to `parent`."""
    parent.add_typer(train, name="train", help="Train the encoder or the head, or calibrate the head.")
    parent.add_typer(
        evaluate, name="evaluate", help="Measure the head, the bank or the encoder, with a report in pictures."
    )


def write(report: Report, folder: Path) -> None:
    """Write a report and say where it is. Raises UsageError where the folder can't be written."""
    from jikimi.report.writing import write_report  # noqa: PLC0415  # jinja2 is imported where a page is written

    try:
        page = write_report(report, folder)
    except OSError as error:
        raise UsageError(f"{folder} can't be written ({error.strerror}): give --report another folder") from error
    note(f"report: {page}")


def timed() -> Callable[[str], None]:
    """Notes of progress, each with the seconds since now."""
    started = time.monotonic()
    return lambda text: note(f"{time.monotonic() - started:7.1f} s  {text}")


def show(measures: Mapping[str, object], *, as_json: bool) -> None:
    """Measures as a line each, or as one JSON object."""
    if as_json:
        say_json(measures)
        return
    for name, value in measures.items():
        say(f"{name:<24} {json.dumps(value, ensure_ascii=False)}")
