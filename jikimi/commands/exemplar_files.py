"""`jikimi exemplars import`, `export` and `test`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jikimi.commands.common import AuthorOption, JsonOption, author_of, open_store, settings_of
from jikimi.output import Progress, fit, note, printable, say, say_json

# ruff: noqa: PLC0415  # torch and Redis' client are imported by what needs them

if TYPE_CHECKING:
    from contracts.decision import Reason
    from jikimi.engine import Engine

LABEL_WIDTH, VIEW_WIDTH = 12, 11


def register(parent: typer.Typer) -> None:
    """Add the commands to `parent`, which is `jikimi exemplars`."""
    parent.command("import")(import_)
    parent.command("export")(export)
    parent.command("test")(try_out)


def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=".jsonl or .csv with id, text, label and what else there is.")
    ],
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add all exemplars of a file, or none where one can't be accepted. Ids in use are replaced.

    \b
      jikimi exemplars import backup.jsonl
    """  # noqa: D301
    from embeddings.exchange import read_exemplars

    exemplars, progress = read_exemplars(file), Progress("exemplars written")
    with open_store(context, views=True) as store:
        store.put_many(exemplars, author_of(author), progress.show)
    progress.clear()
    if as_json:
        say_json({"imported": len(exemplars)})
    else:
        note(f"{len(exemplars):,} exemplars imported")


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".jsonl (a backup) or .csv (for a spreadsheet).")],
    as_json: JsonOption = False,
) -> None:
    """Write all exemplars, the disabled among them, to a file. This is the backup of the bank.

    \b
      jikimi exemplars export backup.jsonl
    """  # noqa: D301
    from embeddings.exchange import write_exemplars

    with open_store(context) as store:
        count = write_exemplars(file, sorted(store.exemplars(), key=lambda each: each.id))
    if as_json:
        say_json({"exported": count})
    else:
        note(f"{count:,} exemplars in {file}")


def try_out(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What somebody might write.")],
    community: Annotated[str | None, typer.Option(help="Where it would be written.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Decide a text as a worker would now, and show what is near it; nothing is published.

    Of a long text it shows the part that is near, too.

    \b
      jikimi exemplars test "알바 구해요, 일당 바로 드려요"
    """  # noqa: D301
    settings = settings_of(context)
    from contracts.decision import Source
    from contracts.post import Post
    from jikimi.engine import engine_on_redis

    with engine_on_redis(settings) as engine:
        post = Post(id="test", text=text, community=community)
        decision = engine.scorer.score([(post, Source("test", 0, 0))])[0]
    if as_json:
        say_json(decision)
        return
    say(f"{decision.action}, with {engine.bank.size:,} exemplars and release {decision.release}")
    for what, reasons in [("because", decision.reasons), ("near", decision.evidence)]:
        for reason in reasons:
            say(f"{what:<8} {_line(reason)}")
            if part := _part(engine, text, reason):
                say(f"{'':<8} in: {printable(part)}")


def _part(engine: "Engine", text: str, reason: "Reason") -> str:
    """The part of a long text that is near the exemplar of `reason`; nothing where that is all of it."""
    from embeddings.offsets import nearest_part

    exemplar = engine.bank.get(reason.exemplar_id) if reason.exemplar_id else None
    if exemplar is None or reason.view not in {"semantic", "lexical"}:
        return ""
    start, end = nearest_part(engine.views, text, exemplar.text, reason.view)
    return text[start:end] if end - start < len(text) else ""


def _line(reason: "Reason") -> str:
    sign = "≥" if reason.score >= reason.threshold else "<"
    parts = (reason.label, LABEL_WIDTH), (reason.view or reason.kind, VIEW_WIDTH)
    name = printable(reason.exemplar_id or "")
    return f"{' '.join(fit(*part) for part in parts)} {reason.score:.3f} {sign} {reason.threshold:.3f}  {name}".rstrip()
