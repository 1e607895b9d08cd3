"""Reading public data sets as they were published, compressed or not."""

import csv
import hashlib
import itertools
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from embeddings.errors import EncoderError


def lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file without their ends and without a byte order mark; `.xz` is unpacked on the way.

    Raises EncoderError if the file can't be read.
    """
    try:
        with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8-sig", newline="\n") as file:
            for line in file:
                yield line.rstrip("\r\n")
    except (OSError, UnicodeError, lzma.LZMAError) as error:
        raise EncoderError(f"data file {str(path)!r} can't be read ({error}): give the folder that holds it") from error


def tabbed(path: Path, *, header: bool = True) -> Iterator[list[str]]:
    """Rows of a tab-separated file in which quotes are part of the text; header and empty lines are left out."""
    rows = (line.split("\t") for line in lines(path) if line)
    return itertools.islice(rows, int(header), None)


def quoted(path: Path) -> Iterator[list[str]]:
    """Rows of a comma-separated file with quoted fields, without the header."""
    return itertools.islice(csv.reader(lines(path)), 1, None)


def records(path: Path) -> Iterator[dict[str, Any]]:
    """JSON objects: one a line, or all in one array."""
    if ".jsonl" in path.suffixes:
        yield from map(json.loads, filter(None, lines(path)))
    else:
        yield from json.loads("\n".join(lines(path)))


def sha256(path: Path) -> str:
    """Hex digest of the file as it lies on disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
