"""Exemplars from and to files: JSONL, or CSV for a spreadsheet. The export is the backup of the bank."""

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from contracts.exemplar import Exemplar
from embeddings.errors import ExemplarError

MAX_LINE_CHARACTERS = 1_000_000
COLUMNS: tuple[str, ...] = tuple(name for name in Exemplar.__struct_fields__ if name not in {"version", "contacts"})
"""Of a CSV file; `id`, `text` and `label` are needed. Communities are separated by a vertical bar."""

_NEEDED = ("id", "text", "label")
_BETWEEN = "|"
# A spreadsheet takes a cell that begins so for a formula, and the texts are by strangers (OWASP: CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")

csv.field_size_limit(MAX_LINE_CHARACTERS)


def read_exemplars(path: Path) -> list[Exemplar]:
    """The exemplars in a `.jsonl` or `.csv` file, in its order. Raises ExemplarError that names the line and the mend."""
    reader = _kind(path)[0]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(reader(path, file))
    except OSError as error:
        raise ExemplarError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ExemplarError(f"{path} is not UTF-8 at byte {error.start}: save it as UTF-8") from None
    except csv.Error as error:
        raise ExemplarError(f"{path} is no CSV: {error}") from None


def write_exemplars(path: Path, exemplars: Iterable[Exemplar]) -> int:
    """Write a `.jsonl` or `.csv` file whole or not at all; returns how many exemplars. Raises ExemplarError."""
    writer = _kind(path)[1]
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    except OSError as error:
        raise ExemplarError(f"{path} can't be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            count = writer(file, exemplars)
        Path(name).replace(path)
    except OSError as error:
        raise ExemplarError(f"{path} can't be written: {error.strerror}") from None
    finally:
        Path(name).unlink(missing_ok=True)
    return count


def _from_jsonl(path: Path, file: IO[str]) -> Iterator[Exemplar]:
    for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_CHARACTERS), ""), start=1):
        if line.strip():
            try:
                yield msgspec.json.decode(line, type=Exemplar)
            except (msgspec.MsgspecError, UnicodeEncodeError) as error:
                raise ExemplarError(f"{path}, line {number}: {error}") from None


def _from_csv(path: Path, file: IO[str]) -> Iterator[Exemplar]:
    rows = csv.DictReader(file)
    if missing := [name for name in _NEEDED if name not in (rows.fieldnames or ())]:
        raise ExemplarError(f"{path} lacks the columns {', '.join(missing)}: its first line must name them")
    for row in rows:
        cells: dict[str, Any] = {name: _revealed(row[name]) for name in COLUMNS if row.get(name)}
        if "communities" in cells:
            cells["communities"] = cells["communities"].split(_BETWEEN)
        try:
            yield msgspec.convert(cells, Exemplar, strict=False)
        except msgspec.ValidationError as error:
            raise ExemplarError(f"{path}, line {rows.line_num}: {error}") from None


def _to_jsonl(file: IO[str], exemplars: Iterable[Exemplar]) -> int:
    return sum(file.write(msgspec.json.encode(each).decode() + "\n") > 0 for each in exemplars)


def _to_csv(file: IO[str], exemplars: Iterable[Exemplar]) -> int:
    file.write("\ufeff")  # else spreadsheets take it for the legacy encoding of the country
    rows = csv.DictWriter(file, COLUMNS)
    rows.writeheader()
    return sum(rows.writerow({name: _hidden(_cell(getattr(each, name))) for name in COLUMNS}) > 0 for each in exemplars)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case tuple():
            return _BETWEEN.join(value)
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


def _hidden(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _revealed(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


_KINDS: dict[
    str, tuple[Callable[[Path, IO[str]], Iterator[Exemplar]], Callable[[IO[str], Iterable[Exemplar]], int]]
] = {
    ".jsonl": (_from_jsonl, _to_jsonl),
    ".csv": (_from_csv, _to_csv),
}


def _kind(
    path: Path,
) -> tuple[Callable[[Path, IO[str]], Iterator[Exemplar]], Callable[[IO[str], Iterable[Exemplar]], int]]:
    if path.suffix.lower() not in _KINDS:
        raise ExemplarError(f"{path}: the name must end in {' or '.join(_KINDS)}")
    return _KINDS[path.suffix.lower()]
