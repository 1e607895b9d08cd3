"""Posts from files: JSONL, CSV, TSV, or a text a line; also compressed (.gz, .xz)."""

import csv
import gzip
import json
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Literal

import msgspec

from contracts.codec import decode_post, encode
from contracts.errors import InvalidRecordError
from contracts.post import Deletion, Post
from jikimi.errors import UsageError

MAX_LINE_CHARACTERS = 1_000_000
MAX_VALUE_BYTES = 900_000  # with key and headers below the 1 MiB that a broker takes by default
DELIMITERS = {".csv": ",", ".tsv": "\t"}
POST_FIELDS = Post.__struct_fields__


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold text and id; None means the default."""

    text: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class BadLine:
    """A line that is no post, and why."""

    file: Path
    number: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.number}: {self.reason}"


def read_posts(file: Path, columns: Columns) -> Iterator[Post | BadLine]:
    """The posts of `file`, line by line, in constant memory. Raises UsageError where the file can't be used at all."""
    kind = kind_of(file)
    with _opened(file) as lines:
        numbered = _numbered(lines)
        yield from (
            _table(file, numbered, columns, DELIMITERS[kind]) if kind in DELIMITERS else _lines(file, numbered, kind)
        )


def check_file(file: Path) -> None:
    """Raise UsageError for a file that can't be used, before anything is begun."""
    kind_of(file)
    with _opened(file):
        pass


def kind_of(file: Path) -> str:
    """The suffix that says how the content is written. Raises UsageError for one that is unknown."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes and suffixes[-1] in {".gz", ".xz"}:
        suffixes.pop()
    kind = suffixes[-1] if suffixes else ""
    if kind in {".jsonl", ".ndjson", ".csv", ".tsv", ".txt"}:
        return kind
    raise UsageError(f"{file}: the name must end in .jsonl, .csv, .tsv or .txt (or that with .gz or .xz)")


@contextmanager
def _opened(file: Path) -> Iterator[TextIOWrapper]:
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(file.suffix.lower(), open)
    try:
        raw: IO[bytes] = opener(file, "rb")  # type: ignore[operator]
    except OSError as error:
        raise UsageError(f"{file} can't be read: {error.strerror}") from None
    with TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="") as lines:
        try:
            yield lines
        except (OSError, EOFError, lzma.LZMAError, csv.Error) as error:
            raise UsageError(f"{file} is damaged: {error}") from None


def _numbered(lines: TextIOWrapper) -> Iterator[tuple[int, str]]:
    number = 0
    while line := lines.readline(MAX_LINE_CHARACTERS):
        number += 1
        if not line.endswith("\n") and len(line) == MAX_LINE_CHARACTERS:
            raise UsageError(
                f"line {number} is longer than {MAX_LINE_CHARACTERS:,} characters; is this a file of posts?"
            )
        yield number, line


def _lines(file: Path, numbered: Iterator[tuple[int, str]], kind: str) -> Iterator[Post | BadLine]:
    for number, line in numbered:
        if not line.strip():
            continue
        if kind == ".txt":
            yield _converted(file, number, {"id": _made_id(file, number), "text": line.strip()})
        else:
            yield _decoded(file, number, line.encode())


def _decoded(file: Path, number: int, value: bytes) -> Post | BadLine:
    try:
        content = decode_post(None, value)
    except InvalidRecordError as error:
        return BadLine(file, number, str(error))
    return (
        BadLine(file, number, "a deletion has no line")
        if isinstance(content, Deletion)
        else _checked(file, number, content)
    )


def _table(
    file: Path, numbered: Iterator[tuple[int, str]], columns: Columns, delimiter: str
) -> Iterator[Post | BadLine]:
    csv.field_size_limit(MAX_LINE_CHARACTERS)
    # Published TSV files of posts hold bare quotation marks; in CSV they are marks of the format.
    quoting: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    rows = csv.reader((line for _, line in numbered), delimiter=delimiter, quoting=quoting)
    header = next(rows, [])
    text = _column(file, header, columns.text, "text", "--text-column")
    named = _column(file, header, columns.id, "id", "--id-column") if columns.id or "id" in header else None
    others = {name: header.index(name) for name in POST_FIELDS if name in header and name not in {"id", "text"}}
    for row in rows:
        number = rows.line_num
        if len(row) <= max(text, named or 0, *others.values(), 0):
            yield BadLine(file, number, f"the row has {len(row)} columns, the header {len(header)}")
            continue
        fields: dict[str, object] = {name: row[place] for name, place in others.items() if row[place]}
        fields["text"] = row[text]
        fields["id"] = row[named] if named is not None else _made_id(file, number)
        yield _converted(file, number, fields)


def _converted(file: Path, number: int, fields: dict[str, object]) -> Post | BadLine:
    try:
        # Not strictly: every cell of a table is text, also a revision.
        post = msgspec.convert(fields, Post, strict=False)
    except msgspec.ValidationError as error:
        return BadLine(file, number, str(error))
    return _checked(file, number, post)


def _checked(file: Path, number: int, post: Post) -> Post | BadLine:
    size = len(encode(post))
    if size > MAX_VALUE_BYTES:
        return BadLine(file, number, f"post {post.id} takes {size:,} bytes, the limit is {MAX_VALUE_BYTES:,}")
    return post


def _column(file: Path, header: list[str], wanted: str | None, usual: str, option: str) -> int:
    name = wanted or usual
    if name not in header:
        raise UsageError(
            f"{file} has no column `{name}`; it has {json.dumps(header, ensure_ascii=False)}: give {option}"
        )
    return header.index(name)


def _made_id(file: Path, number: int) -> str:
    return f"{file.name.partition('.')[0][:100]}-{number}"
