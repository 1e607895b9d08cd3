"""`jikimi train encoder` and `jikimi evaluate encoder`."""

from typing import Annotated, Literal

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.commands.learn import Data, Out, ReportOption, Seed, evaluate, show, timed, train, write

# ruff: noqa: PLC0415  # torch is imported by what needs it


def register(_: typer.Typer) -> None:
    """Add the commands to `jikimi train` and `jikimi evaluate`."""
    train.command("encoder")(train_encoder)
    evaluate.command("encoder")(evaluate_encoder)


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


def evaluate_encoder(
    context: typer.Context, data: Data, report: ReportOption = None, as_json: JsonOption = False
) -> None:
    """Measure the encoder of the settings. KorSTS dev, paraphrases, disguised posts, speed.

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
