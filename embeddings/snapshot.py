"""The last known bank on disk, for a worker that starts while Redis is away: one npz file, no pickle in it."""

import logging
import os
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.decision import Action
from contracts.exemplar import Exemplar, View
from embeddings.feed import Dimensioned, State
from embeddings.views import VECTOR_VIEWS

log = logging.getLogger(__name__)

_VECTORS = "vectors_"


# What numpy raises for a file of another kind, a part that is no array, or a damaged one.
_UNREADABLE = (
    OSError, KeyError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, msgspec.MsgspecError
)  # fmt: skip


class Header(msgspec.Struct, frozen=True):
    """What the vectors are of, and where the bank stood."""

    schema: int
    epoch: str | None
    version: int
    position: str
    max_action: Action
    fingerprints: dict[View, str]
    exemplars: list[Exemplar]


class Snapshot(NamedTuple):
    """A bank: its state, its active exemplars, and those views' vectors (n, d) that are of the encoder in use."""

    state: State
    exemplars: list[Exemplar]
    vectors: dict[View, NDArray[np.float32]]


def write_snapshot(path: Path, snapshot: Snapshot, views: Dimensioned) -> None:
    """Write whole or not at all. Raises OSError."""
    state = snapshot.state
    fingerprints = {view: views.fingerprint(view) for view in VECTOR_VIEWS}
    header = Header(1, state.epoch, state.version, state.position, state.max_action, fingerprints, snapshot.exemplars)
    arrays = {f"{_VECTORS}{view}": vectors.astype("<f2") for view, vectors in snapshot.vectors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, allow_pickle=False, header=np.frombuffer(msgspec.json.encode(header), np.uint8), **arrays)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_snapshot(path: Path, views: Dimensioned) -> Snapshot | None:
    """The snapshot in `path`; None where there is none, or, with a line in the log, where it can't be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            header = msgspec.json.decode(arrays["header"].tobytes(), type=Header)
            vectors = {
                view: _vectors(arrays[f"{_VECTORS}{view}"])
                for view in VECTOR_VIEWS
                if header.fingerprints.get(view) == views.fingerprint(view)
            }
    except FileNotFoundError:
        return None
    except _UNREADABLE as error:
        log.warning("the snapshot of the bank can't be read", extra={"path": str(path), "error": type(error).__name__})
        return None
    state = State(header.epoch, header.version, header.position, header.max_action, None)
    sound = {
        view: matrix
        for view, matrix in vectors.items()
        if matrix.shape == (len(header.exemplars), views.dimension(view)) and np.isfinite(matrix).all()
    }
    return Snapshot(state, header.exemplars, sound)


def _vectors(stored: NDArray[np.float16]) -> NDArray[np.float32]:
    vectors = stored.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return vectors
