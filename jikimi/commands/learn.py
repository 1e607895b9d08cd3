"""`jikimi train` and `jikimi evaluate`."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.output import note, say, say_json
from jikimi.report.parts import Report
from jikimi.samples import SAMPLE_POSTS, SAMPLES

# ruff: noqa: PLC0415  # torch and scikit-learn are imported by what needs them

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
    parent.add_typer(train, name="train", help="Train the encoder or the head.")
    parent.add_typer(evaluate, name="evaluate", help="Measure the encoder or the head.")


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
    """Train an encoder from public text; takes a good while, and says how far it is on stderr.

    A transformer guesses hidden tokens of raw posts, then learns from pairs that mean the same, then from pairs with a score.

    \b
      jikimi train encoder --data data --out runs/encoder
      jikimi train encoder --kind transformer --data data --out runs/transformer
      jikimi train encoder --kind transformer --from runs/checkpoint --steps 3000 --data data --out runs/adapted
    """  # noqa: D301
    settings = settings_of(context).encoder
    if kind == "static":
        from embeddings.training.train import train_encoder as run

        _show(run(data, out, seed, _timed()), as_json=as_json)
        return
    from embeddings.training.transformer import Plan, train_transformer

    beginning = settings.model_copy(update={"model": start, "revision": revision})
    _show(train_transformer(data, out, beginning, seed, Plan.of(steps, layers), _timed()), as_json=as_json)


@train.command("head")
def train_head(
    context: typer.Context,
    data: Data,
    out: Out,
    *,
    seed: Seed = 0,
    rate: Annotated[float, typer.Option(min=0.0001, max=0.5, help="Share of normal posts that may be flagged.")] = 0.03,
    as_json: JsonOption = False,
) -> None:
    """Train the head on composed and public posts, and write a whole release: head, thresholds, policy and their digests.

    The encoder is the one of the settings; thresholds keep to --rate on posts that the head did not see.

    \b
      jikimi train head --data data --out runs/release
      JIKIMI_RELEASE=runs/release jikimi evaluate head
    """  # noqa: D301
    settings = settings_of(context).encoder
    from classifier.release import EncoderReference
    from classifier.training import CORPUS
    from classifier.training import train_head as run
    from embeddings.encoder import load_encoder

    encoder = load_encoder(settings)
    reference = EncoderReference(encoder.fingerprint, settings.model, settings.revision)
    name = run(data, [CORPUS], out, encoder, reference, seed=seed, rate=rate, progress=_timed())
    _show({"release": name, "folder": str(out)}, as_json=as_json)


@evaluate.command("head")
def evaluate_head(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...", help="Posts as JSONL with `labels`. [default: the samples, never trained on]"
        ),
    ] = None,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the head of the release: by label, by community, and how many normal posts it flags.

    \b
      jikimi evaluate head
      jikimi evaluate head posts.jsonl --report runs/report
      JIKIMI_RELEASE=runs/release jikimi evaluate head posts.jsonl --json
    """  # noqa: D301
    settings = settings_of(context)
    from classifier.evaluation import judge, measure_head, table
    from classifier.release import load_release
    from classifier.sources import read_composed
    from embeddings.encoder import load_encoder

    release = load_release(Path(settings.release) if settings.release else None)
    posts = read_composed(files or [SAMPLES / name for name in SAMPLE_POSTS])
    judged = judge(release, load_encoder(release.encoder_settings(settings.encoder)), posts)
    measures = measure_head(judged)
    if report:
        from jikimi.report.head import head_report

        _write(head_report(judged), report)
    if as_json:
        say_json(measures)
    else:
        say(table(measures))


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
        _write(encoder_report(encoder.fingerprint, measures, *compared), report)
    _show(measures, as_json=as_json)


def _write(report: Report, folder: Path) -> None:
    from jikimi.report.writing import write_report

    note(f"report: {write_report(report, folder)}")


def _timed() -> Callable[[str], None]:
    started = time.monotonic()
    return lambda text: note(f"{time.monotonic() - started:7.1f} s  {text}")


def _show(measures: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        say_json(measures)
        return
    for name, value in measures.items():
        say(f"{name:<24} {json.dumps(value, ensure_ascii=False)}")
