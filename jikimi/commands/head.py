"""`jikimi train head` and `jikimi evaluate head`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.commands.learn import Out, ReportOption, Seed, evaluate, show, timed, train, write
from jikimi.output import note, say, say_json

# ruff: noqa: PLC0415  # torch and scikit-learn are imported by what needs them

if TYPE_CHECKING:
    from jikimi.settings import Settings

OptionalData = Annotated[
    Path | None, typer.Option(help="Folder with the public data sets, one folder each.", exists=True, file_okay=False)
]


def register(_: typer.Typer) -> None:
    """Add the commands to `jikimi train` and `jikimi evaluate`."""
    train.command("head")(train_head)
    evaluate.command("head")(evaluate_head)


def train_head(
    context: typer.Context,
    out: Out,
    *,
    data: OptionalData = None,
    posts: Annotated[
        list[Path] | None,
        typer.Option(help="Posts of one's own as JSONL with `labels`, to learn from too; a file a batch of writing."),
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(help="A community's own normal posts (.jsonl, .csv, .tsv, .txt): thresholds are set on them."),
    ] = None,
    seed: Seed = 0,
    fpr: Annotated[float, typer.Option(min=0.0001, max=0.5, help="Share of normal posts that may be flagged.")] = 0.03,
    as_json: JsonOption = False,
) -> None:
    """Train or calibrate the head, and write a whole release. That is head, thresholds, policy and their digests.

    With --data or --posts the head is trained, for the encoder of the settings, on these and on the composed posts that ship;
    its thresholds keep to --fpr on posts that it did not see. With --calibrate thresholds are set on one's own normal posts
    instead: of the head just trained, else of the release in the settings, whose head and policy stay.

    \b
      jikimi train head --data data --out runs/release
      jikimi train head --data data --posts spring.jsonl --posts summer.jsonl --out runs/release
      jikimi train head --calibrate normal.jsonl --fpr 0.01 --out runs/release
      JIKIMI_RELEASE=runs/release jikimi evaluate head
    """  # noqa: D301
    settings = settings_of(context)
    trains = bool(data or posts)
    if not trains and not calibrate:
        raise typer.BadParameter(
            "nothing to learn from: give --data FOLDER or --posts FILE to train, --calibrate FILE to set thresholds"
        )
    texts = _texts(calibrate) if calibrate else []
    name = _trained(settings, data, posts or [], out, seed, fpr) if trains else ""
    if calibrate:
        name = _calibrated(settings, out if trains else _release_folder(settings), out, texts, fpr)
    show({"release": name, "folder": str(out)}, as_json=as_json)


def evaluate_head(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...", help="Posts as JSONL with `labels`. [default: those that ship to measure on]"
        ),
    ] = None,
    *,
    attacks: Annotated[
        bool, typer.Option("--attacks", help="How much recall is kept under 13 attacks, instead.")
    ] = False,
    on: Annotated[
        str | None, typer.Option(help="Instead: train and measure the head's features on a public set of --data.")
    ] = None,
    data: OptionalData = None,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the head of the release, by label and community. Look first at how many normal posts it flags.

    --on takes beep, kmhas, curse, apeach or unsmile, and measures TF-IDF of jamo on the same split beside it.

    \b
      jikimi evaluate head
      jikimi evaluate head --attacks
      jikimi evaluate head --on beep --data data
      jikimi evaluate head posts.jsonl --report runs/report
      JIKIMI_RELEASE=runs/release jikimi evaluate head posts.jsonl --json
    """  # noqa: D301
    if report and (on or attacks):
        raise typer.BadParameter("--report shows how the head judges posts: leave --on and --attacks out, or --report")
    settings = settings_of(context)
    if on:
        show(_public(settings, on, data), as_json=as_json)
        return
    from classifier.evaluation import HELD_BACK, judge, measure_head, table
    from classifier.release import load_release
    from classifier.robustness import attack_table, under_attacks
    from classifier.sources import read_composed
    from embeddings.encoder import load_encoder

    release = load_release(_release_folder(settings))
    encoder = load_encoder(release.encoder_settings(settings.encoder))
    judged = judge(release, encoder, read_composed(files or sorted(HELD_BACK.glob("*.jsonl"))))
    measures = under_attacks(judged, release.head, encoder) if attacks else measure_head(judged)
    if report:
        from jikimi.report.head import head_report

        write(head_report(judged), report)
    if as_json:
        say_json(measures)
    else:
        say(attack_table(measures) if attacks else table(measures))


def _release_folder(settings: "Settings") -> Path | None:
    return Path(settings.release) if settings.release else None


def _trained(settings: "Settings", data: Path | None, posts: list[Path], out: Path, seed: int, rate: float) -> str:
    from classifier.release import EncoderReference
    from classifier.training import read_examples
    from classifier.training import train_head as run
    from embeddings.encoder import load_encoder

    examples = read_examples(data, posts, seed)
    encoder = load_encoder(settings.encoder)
    reference = EncoderReference(encoder.fingerprint, settings.encoder.model, settings.encoder.revision)
    return run(examples, out, encoder, reference, seed=seed, rate=rate, progress=timed())


def _calibrated(settings: "Settings", folder: Path | None, out: Path, texts: list[str], rate: float) -> str:
    from classifier.recalibration import recalibrate
    from classifier.release import load_release
    from embeddings.encoder import load_encoder

    encoder = load_encoder(load_release(folder).encoder_settings(settings.encoder))
    return recalibrate(folder, out, encoder, texts, rate)


def _texts(file: Path) -> list[str]:
    from contracts.post import Post
    from jikimi.inputs import Columns, read_posts

    texts = []
    for each in read_posts(file, Columns()):
        if isinstance(each, Post):
            texts.append(each.whole_text)
        else:
            note(f"left out: {each}")
    return texts


def _public(settings: "Settings", name: str, data: Path | None) -> Mapping[str, Any]:
    from classifier.public import evaluate_on
    from embeddings.encoder import load_encoder

    if not data:
        raise typer.BadParameter(f"--on {name} needs the public sets: give --data FOLDER")
    return evaluate_on(name, data, load_encoder(settings.encoder), timed())
