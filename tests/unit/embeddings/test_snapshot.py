"""The bank on disk: read back as it was, or not at all."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from embeddings.feed import State
from embeddings.snapshot import Snapshot, read_snapshot, write_snapshot
from embeddings.views import VECTOR_VIEWS
from tests.unit.embeddings.bank_tools import exemplar, small_views

STATE = State("epoch", 7, "12-0", "review", None)
VIEWS = small_views()
SNAPSHOT = Snapshot(
    STATE,
    [exemplar("a"), exemplar("b", "다른 글입니다 여러분")],
    VIEWS.vectors(["당일 지급 알바 모집합니다", "다른 글입니다 여러분"]),
)


def test_a_snapshot_is_read_back(tmp_path: Path) -> None:
    """State and exemplars the same, vectors to within 0.002."""
    write_snapshot(tmp_path / "deep" / "bank.npz", SNAPSHOT, VIEWS)
    read = read_snapshot(tmp_path / "deep" / "bank.npz", VIEWS)
    assert read is not None
    assert (read.state, read.exemplars) == (STATE, SNAPSHOT.exemplars)
    for view in VECTOR_VIEWS:
        assert np.abs((read.vectors[view] * SNAPSHOT.vectors[view]).sum(1) - 1).max() < 0.002
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["bank.npz"]


def test_an_empty_bank_can_be_kept(tmp_path: Path) -> None:
    """No exemplars is a state too."""
    empty = Snapshot(STATE, [], {view: np.zeros((0, 0), np.float32) for view in VECTOR_VIEWS})
    write_snapshot(tmp_path / "bank.npz", empty, VIEWS)
    read = read_snapshot(tmp_path / "bank.npz", VIEWS)
    assert read is not None
    assert read.exemplars == []


def test_vectors_of_another_encoder_are_left_out(tmp_path: Path) -> None:
    """The exemplars stay; whoever reads them encodes them anew."""
    write_snapshot(tmp_path / "bank.npz", SNAPSHOT, VIEWS)
    other = small_views()
    other._encoders["semantic"].fingerprint = "another"  # type: ignore[misc]
    read = read_snapshot(tmp_path / "bank.npz", other)
    assert read is not None
    assert set(read.vectors) == {"lexical"}
    assert len(read.exemplars) == 2


def test_no_file_is_no_snapshot(tmp_path: Path) -> None:
    """And no error."""
    assert read_snapshot(tmp_path / "bank.npz", VIEWS) is None


@pytest.mark.parametrize("length", [0, 1, 100, 1_000])
def test_a_damaged_file_is_no_snapshot(tmp_path: Path, length: int) -> None:
    """Cut short anywhere, or overwritten."""
    path = tmp_path / "bank.npz"
    write_snapshot(path, SNAPSHOT, VIEWS)
    path.write_bytes(path.read_bytes()[:length])
    assert read_snapshot(path, VIEWS) is None
    path.write_bytes(b"\x00" * length)
    assert read_snapshot(path, VIEWS) is None


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    """An array of objects in the file is refused, and its code is not run."""

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "sprung",))  # type: ignore[return-value]

    array = io.BytesIO()
    np.lib.format.write_array(array, np.array([Trap()], dtype=object), allow_pickle=True)
    for content in (array.getvalue(), pickle.dumps(Trap())):
        with zipfile.ZipFile(tmp_path / "bank.npz", "w") as file:
            file.writestr("header.npy", content)
        assert read_snapshot(tmp_path / "bank.npz", VIEWS) is None
    assert not (tmp_path / "sprung").exists()
