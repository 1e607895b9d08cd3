"""`jikimi encode` and `jikimi similarity`."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jikimi.commands.common import JsonOption, settings_of
from jikimi.errors import UsageError
from jikimi.output import Progress, note, say, say_json

# ruff: noqa: PLC0415  # torch is imported by what needs it

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

BATCH = 4096


def register(parent: typer.Typer) -> None:
    """Add the commands to `parent`."""
    parent.command()(encode)
    parent.command()(similarity)


def encode(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="NumPy file to write: float32, (texts, dimension), rows of length 1.")],
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Texts, one a line. [default: stdin]")] = None,
    as_json: JsonOption = False,
) -> None:
    """Turn texts, one a line, into vectors, a row each in the same order.

    \b
      jikimi encode --out vectors.npy < texts.txt
    """  # noqa: D301
    lines = _lines(file)
    import numpy as np

    from embeddings.normalise import normalise

    encoder = _encoder(context)
    progress, parts, count = Progress("texts encoded"), [np.zeros((0, encoder.dimension), np.float32)], 0
    while batch := [normalise(line) for line in islice(lines, BATCH)]:
        parts.append(encoder.encode(batch))
        count += len(batch)
        progress.show(count)
    progress.clear()
    try:
        with out.open("wb") as opened:
            np.save(opened, np.concatenate(parts), allow_pickle=False)
    except OSError as error:
        raise UsageError(f"{out} can't be written: {error.strerror}") from None
    if as_json:
        say_json({"texts": count, "dimension": encoder.dimension, "fingerprint": encoder.fingerprint})
    else:
        note(f"{count:,} texts, {encoder.dimension} dimensions, encoder {encoder.fingerprint}, in {out}")


def similarity(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A")],
    second: Annotated[str, typer.Argument(metavar="B")],
    as_json: JsonOption = False,
) -> None:
    """How near two texts are: the cosine of their vectors, 1 for the same.

    \b
      jikimi similarity "강남역 근처 카페 추천해 주세요" "강남역 쪽 커피집 어디가 좋아요?"
    """  # noqa: D301
    from embeddings.normalise import normalise

    encoder = _encoder(context)
    vectors = encoder.encode([normalise(first), normalise(second)])
    cosine = float(vectors[0] @ vectors[1])
    if as_json:
        say_json({"similarity": round(cosine, 4), "fingerprint": encoder.fingerprint})
    else:
        say(f"{cosine:.4f}")


def _encoder(context: typer.Context) -> "Encoder":
    settings = settings_of(context).encoder
    from embeddings.encoder import load_encoder

    return load_encoder(settings)


def _lines(file: Path | None) -> Iterator[str]:
    try:
        raw = sys.stdin.buffer if file is None else file.open("rb")
    except OSError as error:
        raise UsageError(f"{file} can't be read: {error.strerror}") from None
    return (line.decode("utf-8", errors="replace").rstrip("\r\n") for line in raw)
