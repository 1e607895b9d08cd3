"""`jikimi train encoder`, `jikimi evaluate encoder`, and what training and evaluating share."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.errors import UsageError
from jikimi.output import note, say, say_json
from jikimi.report.parts import Report

# ruff: noqa: PLC0415  # torch is imported by what needs it

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


@train.command("encoder")
def train_encoder(
    context: typer.Context,
    data: Data,
    out: Out,
    *,
    seed: Seed = 0,
    kind: Annotated[
        Literal["static", "transformer"],
        typer.Option(help="`static` ships and needs minutes on a CPU; `transformer` is what a GPU is for."),
    ] = "static",
    start: Annotated[
        str,
        typer.Option(
            "--from",
            help="Of a transformer: `shipped` grows layers on the shipped encoder; or a directory or hub name to begin with.",
        ),
    ] = "shipped",
    revision: Annotated[str | None, typer.Option(help="Commit of a hub model; required for a hub name.")] = None,
    steps: Annotated[
        int, typer.Option(min=5, help="Of a transformer: how many in all three stages together.")
    ] = 10_000,
    layers: Annotated[int, typer.Option(min=1, max=24, help="Of a transformer: how many are grown.")] = 4,
    as_json: JsonOption = False,
) -> None:
    """Train an encoder from public text. Takes a good while, and says how far it is on stderr.

    A transformer guesses hidden tokens of raw posts, then learns from pairs that mean the same, then from pairs with a score.

    \b
      jikimi train encoder --data data --out runs/encoder
      jikimi train encoder --kind transformer --data data --out runs/transformer
      jikimi train encoder --kind transformer --from runs/checkpoint --steps 3000 --data data --out runs/adapted
    """  # noqa: D301
    settings = settings_of(context).encoder
    if kind == "static":
        from embeddings.training.train import train_encoder as run

        show(run(data, out, seed, timed()), as_json=as_json)
        return
    from embeddings.training.transformer import Plan, train_transformer

    beginning = settings.model_copy(update={"model": start, "revision": revision})
    show(train_transformer(data, out, beginning, seed, Plan.of(steps, layers), timed()), as_json=as_json)


@evaluate.command("encoder")
def evaluate_encoder(
    context: typer.Context, data: Data, report: ReportOption = None, as_json: JsonOption = False
) -> None:
    """Measure the encoder of the settings: KorSTS dev, paraphrases, disguised posts, speed.

    \b
      jikimi evaluate encoder --data data
      jikimi evaluate encoder --data data --report runs/report
      JIKIMI_ENCODER__MODEL=runs/encoder jikimi evaluate encoder --data data --json
    """  # noqa: D301
    settings = settings_of(context)
    from embeddings.encoder import load_encoder
    from embeddings.evaluation import evaluate_encoder as measure
    from embeddings.evaluation import korsts_pairs, question_pairs

    encoder = load_encoder(settings.encoder)
    measures = measure(encoder, data)
    if report:
        from jikimi.report.encoder import encoder_report

        compared = korsts_pairs(encoder, data), question_pairs(encoder, data)
        write(encoder_report(encoder.fingerprint, measures, *compared), report)
    show(measures, as_json=as_json)


def write(report: Report, folder: Path) -> None:
    """Write a report and say where it is. Raises UsageError where the folder can't be written."""
    from jikimi.report.writing import write_report

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
