"""`jikimi evaluate bank`: what the exemplars of a campaign find of it, at the thresholds of the release."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.commands.learn import ReportOption, evaluate, write
from jikimi.output import say, say_json
from jikimi.samples import SAMPLE_EXEMPLARS, SAMPLES

# ruff: noqa: PLC0415  # torch is imported by what needs it


def register(_: typer.Typer) -> None:
    """Add the command to `jikimi evaluate`."""
    evaluate.command("bank")(evaluate_bank)


def evaluate_bank(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Campaigns as JSONL; docs/bank.md has the fields.")
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder with nsmc, petitions and chatbot: counts false matches on them too.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    posts: Annotated[int, typer.Option(min=1, help="How many normal posts of each source.")] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="Which normal posts; the same seed gives the same.")] = 0,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the bank on campaigns. Copies found and innocents hit, by kind and view.

    The bank holds the campaigns' exemplars and the samples'; encoder and thresholds are the release's.

    \b
      jikimi evaluate bank campaigns.jsonl
      jikimi evaluate bank campaigns.jsonl --report runs/report
      JIKIMI_RELEASE=runs/release jikimi evaluate bank one.jsonl two.jsonl --data data --json
    """  # noqa: D301
    settings = settings_of(context)
    from classifier.release import load_release
    from embeddings.bank_evaluation import Comparer, read_campaigns, read_normal_posts
    from embeddings.bank_evaluation import evaluate_bank as measure
    from embeddings.encoder import load_encoder
    from embeddings.exchange import read_exemplars
    from embeddings.views import Views

    campaigns = read_campaigns(*files)
    samples = [exemplar for name in SAMPLE_EXEMPLARS for exemplar in read_exemplars(SAMPLES / name)]
    release = load_release(Path(settings.release) if settings.release else None)
    views = Views(load_encoder(release.encoder_settings(settings.encoder)))
    comparer = Comparer(views, release.view_thresholds)
    others = [exemplar.text for exemplar in samples if exemplar.polarity == "bad"]
    measures = measure(comparer, campaigns, others, read_normal_posts(data, posts, seed) if data else {})
    if report:
        from jikimi.report.bank import bank_report

        write(bank_report(release.name, measures, comparer, campaigns, others), report)
    if as_json:
        say_json({"release": release.name, **measures})
    else:
        say(f"release {release.name}\n{table(measures)}")


def table(measures: Mapping[str, Any]) -> str:
    """The measures of `evaluate_bank` as people read them."""
    views = list(measures["neighbours_flagged"])
    thresholds = ", ".join(f"{view} {threshold}" for view, threshold in measures["thresholds"].items())

    def rows(title: str, found: Mapping[str, Mapping[str, float]], unit: str) -> list[str]:
        head = f"{title:<28}" + "".join(f"{view:>11}" for view in views)
        return [
            "",
            head,
            *(f"  {name:<26}" + "".join(f"{of[view]:>10}{unit}" for view in views) for name, of in found.items()),
        ]

    lines = [f"{measures['exemplars']} exemplars; thresholds: {thresholds}"]
    lines += rows("copies found", measures["found"], "%")
    lines += rows("innocents flagged", {"neighbour": measures["neighbours_flagged"]}, "%")
    if measures["false_matches"]:
        lines += rows("false matches, 1,000 x 1,000", measures["false_matches"], " ")
    return "\n".join(lines)
