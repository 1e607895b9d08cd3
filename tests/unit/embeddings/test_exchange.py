"""Exemplars in files: what is written is read back, and what can't be read is named with its line."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from contracts.exemplar import Exemplar
from embeddings.errors import ExemplarError
from embeddings.exchange import read_exemplars, write_exemplars
from tests.unit.embeddings.bank_tools import exemplar

EXEMPLARS = [
    exemplar("a", '쉼표, "따옴표"와\n줄바꿈'),
    exemplar("b", "=1+1 로 시작", polarity="benign", note="@메모", author="김", threshold=0.75, state="disabled"),
    exemplar("c", "'+작은따옴표", communities=("장터", "자유"), expires_at=datetime(2027, 1, 31, tzinfo=UTC)),
    exemplar("d", "😀 이모지와 한글 자모 ㅋㅋ", contacts=("phone:01012345678",)),
]


@pytest.mark.parametrize("name", ["bank.jsonl", "bank.csv", "BANK.CSV"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    """All fields that a moderator sets; version and contacts are the store's."""
    assert write_exemplars(tmp_path / name, EXEMPLARS) == len(EXEMPLARS)
    bare = [msgspec.structs.replace(each, version=0, contacts=()) for each in EXEMPLARS]
    read = [msgspec.structs.replace(each, version=0, contacts=()) for each in read_exemplars(tmp_path / name)]
    assert read == bare
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_spreadsheet_takes_no_text_for_a_formula(tmp_path: Path) -> None:
    """No cell begins with a sign that starts one, and Korean shows: the file has a byte order mark."""
    write_exemplars(tmp_path / "bank.csv", EXEMPLARS)
    raw = (tmp_path / "bank.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert not any(f",{sign}".encode() in raw for sign in "=+-@")


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    """Id, text and label; empty cells and unknown columns and fields are passed over."""
    (tmp_path / "a.csv").write_text("label,id,text,note,colour\njob,x,알바 구해요,,red\n")
    (tmp_path / "a.jsonl").write_text('\n{"id":"x","text":"알바 구해요","label":"job","colour":"red"}\n\n')
    wanted = [Exemplar(id="x", text="알바 구해요", label="job")]
    assert read_exemplars(tmp_path / "a.csv") == read_exemplars(tmp_path / "a.jsonl") == wanted


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", b'{"id":"x","text":"a","label":"job"}\n{"id":1}', "line 2"),
        ("a.jsonl", b'{"id":"x","text":"a","label":"JOB!"}', "label"),
        ("a.jsonl", b'{"id":"x"', "line 1"),
        ("a.jsonl", b'{"id":"x","text":"\xff","label":"job"}', "not UTF-8"),
        ("a.csv", b"id,text\nx,a\n", "lacks the columns label"),
        ("a.csv", b"", "lacks the columns id, text, label"),
        ("a.csv", b"id,text,label,threshold\nx,a,job,much\n", "line 2"),
        ("a.txt", b"", ".jsonl or .csv"),
        ("a", b"", ".jsonl or .csv"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """One error, with the file and what to mend."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ExemplarError, match=said):
        read_exemplars(tmp_path / name)


def test_a_missing_file_and_a_missing_folder_are_named(tmp_path: Path) -> None:
    """For reading and for writing."""
    with pytest.raises(ExemplarError, match="can't be read"):
        read_exemplars(tmp_path / "none.csv")
    with pytest.raises(ExemplarError, match="can't be written"):
        write_exemplars(tmp_path / "none" / "a.csv", EXEMPLARS)


def test_a_failed_export_leaves_the_old_file(tmp_path: Path) -> None:
    """Whole or not at all."""
    path = tmp_path / "bank.jsonl"
    write_exemplars(path, EXEMPLARS)
    before = path.read_bytes()

    def broken() -> list[Exemplar]:
        raise ExemplarError("Redis went away")

    with pytest.raises(ExemplarError, match="went away"):
        write_exemplars(path, (each for each in [*EXEMPLARS, *broken()]))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
