"""`jikimi exemplars`: what moderators keep for comparison."""

import sys
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from jikimi.commands import exemplar_files
from jikimi.commands.common import AuthorOption, JsonOption, author_of, open_store
from jikimi.errors import UsageError
from jikimi.output import fit, note, printable, say, say_json

# ruff: noqa: PLC0415  # torch and Redis' client are imported by what needs them

if TYPE_CHECKING:
    from contracts.exemplar import Exemplar

ID_WIDTH, LABEL_WIDTH, STATE_WIDTH, TEXT_WIDTH = 28, 10, 9, 70

app = typer.Typer(no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The exemplar's id.")]


def register(parent: typer.Typer) -> None:
    """Add the commands to `parent`."""
    exemplar_files.register(app)
    parent.add_typer(app, name="exemplars", help="Texts known to be bad, or good, that posts are compared with.")


@app.command()
def add(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text; `-` reads it from stdin.")],
    *,
    label: Annotated[
        str, typer.Option(help="What it is an exemplar of: promotion, job, trade, scam, abuse or your own.")
    ],
    identity: Annotated[
        str | None, typer.Option("--id", help="Its id; an id in use is replaced. [default: made up]")
    ] = None,
    benign: Annotated[
        bool, typer.Option("--benign", help="A good text: cancels matches of this label that are less near.")
    ] = False,
    note_: Annotated[str | None, typer.Option("--note", help="Why it is there, for moderators.")] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0.5, max=1, help="Similarity from which on it matches.")
    ] = None,
    community: Annotated[
        list[str] | None, typer.Option(help="Only here; may be given again. [default: everywhere]")
    ] = None,
    days: Annotated[float | None, typer.Option(min=0.01, help="Stop working after so many days.")] = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an exemplar; it works in all running workers within a second.

    \b
      jikimi exemplars add --label job "당일 지급 알바 모집합니다, 카톡 alba77"
      jikimi exemplars add --label promotion --benign --note "단골 후기" "이 집 커피 정말 맛있어요"
    """  # noqa: D301
    import msgspec

    from contracts.exemplar import Exemplar
    from contracts.times import utc_now

    fields = {
        "id": identity or f"ex-{uuid.uuid4().hex[:12]}",
        "text": sys.stdin.read() if text == "-" else text,
        "label": label,
        "polarity": "benign" if benign else "bad",
        "note": note_,
        "author": author_of(author),
        "threshold": threshold,
        "communities": community or (),
        "expires_at": utc_now() + timedelta(days=days) if days else None,
    }
    try:
        given = msgspec.convert(fields, Exemplar)
    except msgspec.ValidationError as error:
        raise UsageError(f"this is no exemplar: {error}") from None
    with open_store(context, views=True) as store:
        _tell(store.put(given, author_of(author)), "added", as_json=as_json)


@app.command("list")
def list_(
    context: typer.Context,
    label: Annotated[str | None, typer.Option(help="Only of this label.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show all exemplars, the disabled among them; with --json one object a line.

    \b
      jikimi exemplars list --label scam
    """  # noqa: D301
    with open_store(context) as store:
        found = sorted(store.exemplars(), key=lambda each: (each.label, each.id))
    for each in found:
        if label is None or each.label == label:
            say_json(each) if as_json else say(_line(each))


@app.command()
def show(context: typer.Context, identity: Id, as_json: JsonOption = False) -> None:
    """Show one exemplar in full.

    \b
      jikimi exemplars show ex-1a2b3c
    """  # noqa: D301
    import msgspec

    with open_store(context) as store:
        found = store.get(identity)
    if found is None:
        raise UsageError(f"there is no exemplar {identity!r}; `jikimi exemplars list` shows those there are")
    if as_json:
        say_json(found)
        return
    for name, value in msgspec.to_builtins(found).items():
        if value not in (None, [], ()):
            say(f"{name:<12} {printable(str(value))}")


@app.command()
def disable(context: typer.Context, identity: Id, author: AuthorOption = None, as_json: JsonOption = False) -> None:
    """Keep an exemplar, without effect from now on.

    \b
      jikimi exemplars disable ex-1a2b3c
    """  # noqa: D301
    with open_store(context) as store:
        _tell(store.disable(identity, author_of(author)), "disabled", as_json=as_json)


@app.command()
def enable(context: typer.Context, identity: Id, author: AuthorOption = None, as_json: JsonOption = False) -> None:
    """Bring a disabled exemplar into effect again.

    \b
      jikimi exemplars enable ex-1a2b3c
    """  # noqa: D301
    with open_store(context) as store:
        _tell(store.enable(identity, author_of(author)), "enabled", as_json=as_json)


@app.command()
def remove(context: typer.Context, identity: Id, author: AuthorOption = None, as_json: JsonOption = False) -> None:
    """Remove an exemplar; its last state stays in the audit.

    \b
      jikimi exemplars remove ex-1a2b3c
    """  # noqa: D301
    with open_store(context) as store:
        _tell(store.remove(identity, author_of(author)), "removed", as_json=as_json)


@app.command()
def accept(context: typer.Context, author: AuthorOption = None, as_json: JsonOption = False) -> None:
    """Tell workers to take what Redis holds, after it was emptied or restored. Until then they keep what they had.

    \b
      jikimi exemplars import backup.jsonl && jikimi exemplars accept
    """  # noqa: D301
    with open_store(context) as store:
        epoch = store.accept(author_of(author))
    if as_json:
        say_json({"epoch": epoch})
    else:
        note("workers go over to what Redis holds now")


def _tell(exemplar: "Exemplar", done: str, *, as_json: bool) -> None:
    if as_json:
        say_json(exemplar)
    else:
        say(f"{done} {printable(exemplar.id)} (version {exemplar.version})")


def _line(exemplar: "Exemplar") -> str:
    state = "benign" if exemplar.state == "active" and exemplar.polarity == "benign" else exemplar.state
    parts = (exemplar.id, ID_WIDTH), (exemplar.label, LABEL_WIDTH), (state, STATE_WIDTH), (exemplar.text, TEXT_WIDTH)
    return " ".join(fit(printable(text), width) for text, width in parts).rstrip()
