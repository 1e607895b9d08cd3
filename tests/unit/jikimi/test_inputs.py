"""Posts from files: each format, and what is no post is named with its line."""

import gzip
import lzma
from pathlib import Path

import pytest

from contracts.post import Post
from jikimi import inputs
from jikimi.errors import UsageError
from jikimi.inputs import BadLine, Columns, read_posts

PLAIN = Columns()


def read(file: Path, columns: Columns = PLAIN) -> list[Post | BadLine]:
    """All of `file`."""
    return list(read_posts(file, columns))


def written(folder: Path, name: str, text: str) -> Path:
    """A file with this text, compressed as the name says."""
    data = text.encode()
    packed = {".gz": gzip.compress(data), ".xz": lzma.compress(data)}
    (folder / name).write_bytes(packed.get(Path(name).suffix, data))
    return folder / name


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz"])
def test_each_format_gives_the_same_posts(tmp_path: Path, suffix: str) -> None:
    """JSONL, CSV and TSV, also compressed."""
    wanted = [Post(id="a", text="하나", title="제목"), Post(id="b", text='"둘", 셋', revision=3)]
    jsonl = '{"id":"a","text":"하나","title":"제목","labels":[]}\n\n{"id":"b","text":"\\"둘\\", 셋","revision":3}\n'
    csv = 'id,title,text,revision,extra\na,제목,하나,,x\nb,,"""둘"", 셋",3,\n'
    tsv = 'id\ttitle\ttext\trevision\na\t제목\t하나\t\nb\t\t"둘", 셋\t3\n'
    for name, text in [("p.jsonl", jsonl), ("p.csv", csv), ("p.tsv", tsv)]:
        assert read(written(tmp_path, name + suffix, text)) == wanted


def test_columns_can_be_named_and_ids_made(tmp_path: Path) -> None:
    """Without an id column the id is file and line, the same each time."""
    file = written(tmp_path, "reviews.tsv.xz", "nr\tdocument\n7\t좋아요\n8\t싫어요\n")
    assert [each.id for each in read(file, Columns("document")) if isinstance(each, Post)] == ["reviews-2", "reviews-3"]
    assert read(file, Columns("document", "nr"))[0] == Post(id="7", text="좋아요")


def test_a_text_file_has_a_post_a_line(tmp_path: Path) -> None:
    """Empty lines are no posts; a mark at the start of the file is no text."""
    file = written(tmp_path, "comments.txt", "\ufeff첫 줄\n\n둘째 줄\r\n")
    assert read(file) == [Post(id="comments-1", text="첫 줄"), Post(id="comments-3", text="둘째 줄")]


def test_bad_lines_are_named_and_the_others_read(tmp_path: Path) -> None:
    """In JSONL and in tables."""
    file = written(tmp_path, "p.jsonl", '{"id":"a","text":"x"}\n{"text":"y"}\nnot json\n{"id":"b","text":"z"}')
    first, second, third, last = read(file)
    assert isinstance(second, BadLine)
    assert isinstance(third, BadLine)
    assert (second.number, third.number) == (2, 3)
    assert str(second).startswith(f"{file}, line 2: `id` is missing")
    assert [first, last] == [Post(id="a", text="x"), Post(id="b", text="z")]
    table = written(tmp_path, "p.csv", 'id,text,revision\na,"x\ny",0\nb\nc,z,soon\nd,e,1\n')
    assert [str(each).partition(", ")[2][:6] for each in read(table) if isinstance(each, BadLine)] == [
        "line 4",
        "line 5",
    ]


def test_a_post_too_large_for_kafka_is_a_bad_line(tmp_path: Path) -> None:
    """It is said here, not by a broker in the middle of everything."""
    file = written(tmp_path, "p.txt", "가" * 400_000 + "\nb\n")
    bad, good = read(file)
    assert isinstance(bad, BadLine)
    assert "900,000" in bad.reason
    assert good == Post(id="p-2", text="b")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("p.xlsx", "", "must end in"),
        ("p.gz", "", "must end in"),
        ("p.csv", "id,body\na,b\n", r"no column `text`; it has \[\"id\", \"body\"\]: give --text-column"),
        ("p.csv", "", "no column `text`"),
        ("p.csv", 'id,text\na,"never closed\n' + "x\n" * 600_000, "damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    """With the reason and the mend."""
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=said):
        read(tmp_path / name)


def test_a_missing_and_a_damaged_file_are_refused(tmp_path: Path) -> None:
    """Also one that is cut off in the middle."""
    with pytest.raises(UsageError, match=r"can't be read: No such file"):
        read(tmp_path / "p.jsonl")
    packed = lzma.compress(b'{"id":"a","text":"x"}\n' * 10_000)
    (tmp_path / "p.jsonl.xz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(UsageError, match="damaged"):
        read(tmp_path / "p.jsonl.xz")


def test_an_endless_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A binary or a wrong file must not fill the memory."""
    monkeypatch.setattr(inputs, "MAX_LINE_CHARACTERS", 1_000)
    with pytest.raises(UsageError, match="line 1 is longer than 1,000"):
        read(written(tmp_path, "p.jsonl", "x" * 5_000))
