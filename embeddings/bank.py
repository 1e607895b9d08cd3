"""The exemplars in effect, in the memory of the device that compares them.

Rows are only ever appended: a change appends the new version and marks the old row dead, so whoever is comparing keeps a
consistent state without waiting. Arrays are made anew, without the dead rows, when they are full or more than half dead.
Vectors are float32 on every device: 100,000 exemplars of 256 + 512 dimensions take 307 MB.
"""

import math
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from contracts.decision import Action
from contracts.exemplar import Exemplar, View
from embeddings.contacts import contact_keys
from embeddings.errors import BankError
from embeddings.normalise import normalise
from embeddings.views import VECTOR_VIEWS

MIN_LETTERS = 6
"""An exemplar of fewer letters and digits matches only the very same text: short texts are near to many."""

_MIN_CAPACITY = 1024
_META = np.dtype(
    [("alive", "?"), ("exact", "?"), ("threshold", "f4"), ("expires", "f8"), ("group", "i4"), ("scope", "i4")]
)
Group = tuple[str, Literal["bad", "benign"]]


@dataclass
class Rows:
    """Arrays by row, filled up to `count`.

    Of `meta`: `threshold` is NaN and `expires` infinite where the exemplar has none; `exact` rows are found by key only; `group`
    counts labels with polarity, `scope` sets of communities, of which the first means everywhere.
    """

    vectors: dict[View, torch.Tensor]
    meta: NDArray[np.void]
    exemplars: list[Exemplar] = field(default_factory=list)
    keys: dict[str, list[int]] = field(default_factory=dict)
    groups: dict[Group, int] = field(default_factory=dict)
    scopes: dict[frozenset[str], int] = field(default_factory=lambda: {frozenset(): 0})

    @property
    def count(self) -> int:
        """Rows in use, the dead among them."""
        return len(self.exemplars)

    @property
    def capacity(self) -> int:
        """Rows there is room for."""
        return len(self.meta)

    def append(
        self, exemplar: Exemplar, vectors: Mapping[View, torch.Tensor], keys: Collection[str], *, exact: bool
    ) -> int:
        """Write the next row, not alive yet, and return its number."""
        row = self.count
        for view, matrix in self.vectors.items():
            matrix[row] = vectors[view]
        self.meta[row] = (
            False,
            exact,
            math.nan if exemplar.threshold is None else exemplar.threshold,
            math.inf if exemplar.expires_at is None else exemplar.expires_at.timestamp(),
            self.groups.setdefault((exemplar.label, exemplar.polarity), len(self.groups)),
            self.scopes.setdefault(frozenset(exemplar.communities), len(self.scopes)),
        )
        for key in keys:
            self.keys.setdefault(key, []).append(row)
        self.exemplars.append(exemplar)
        return row


@dataclass(frozen=True)
class Moment:
    """The bank at one moment: only `count` rows, and which of them were alive."""

    rows: Rows
    count: int
    alive: NDArray[np.bool_]


class Bank:
    """Exemplars by id; one thread applies changes, any number compare.

    `position` is the stream id up to which changes are in effect (read it before comparing: a decision may know more than it
    says, never less). `degraded` says that the bank may be behind its Redis. `max_action` is the kill switch.
    """

    def __init__(self, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)
        self.position = "0-0"
        self.degraded = False
        self.max_action: Action = "hide"
        self._rows: Rows | None = None
        self._row_of: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        self._writing = threading.Lock()
        self._flipping = threading.Lock()

    @property
    def size(self) -> int:
        """Active exemplars."""
        return len(self._row_of)

    def moment(self) -> Moment | None:
        """The state to compare with, unharmed by later changes; None where the bank never held anything."""
        with self._flipping:
            rows = self._rows
            return Moment(rows, rows.count, rows.meta["alive"][: rows.count].copy()) if rows else None

    def get(self, exemplar_id: str) -> Exemplar | None:
        """An active exemplar."""
        with self._writing:
            row = self._row_of.get(exemplar_id)
            return None if row is None or self._rows is None else self._rows.exemplars[row]

    def apply(self, exemplar: Exemplar, vectors: Mapping[View, NDArray[np.float32]]) -> bool:
        """Bring a state into effect, unless a higher version is. Applying again changes nothing. Returns whether it did.

        `vectors` holds (d,) for each view with vectors; an exemplar that is not active needs none. Raises BankError where a
        vector lacks or has another length than those held.
        """
        with self._writing:
            if exemplar.version <= self._versions.get(exemplar.id, -1):
                return False
            if exemplar.state == "active":
                self._add(exemplar, vectors)
            else:
                self._drop(exemplar.id)
            self._versions[exemplar.id] = exemplar.version
            return True

    def adopt(self, other: "Bank") -> None:
        """Take over what `other` holds, at once; `other` must not be used any more."""
        with self._writing, self._flipping:
            self._rows, self._row_of, self._versions = other._rows, other._row_of, other._versions  # noqa: SLF001  # its own kind

    def contents(self) -> tuple[list[Exemplar], dict[View, NDArray[np.float32]]]:
        """All active exemplars, and of each view their vectors (n, d) in the same order."""
        with self._writing:
            rows = self._rows
            if rows is None:
                return [], {view: np.zeros((0, 0), np.float32) for view in VECTOR_VIEWS}
            alive = sorted(self._row_of.values())
            vectors = {view: matrix[alive].cpu().numpy() for view, matrix in rows.vectors.items()}
            return [rows.exemplars[row] for row in alive], vectors

    def _add(self, exemplar: Exemplar, vectors: Mapping[View, NDArray[np.float32]]) -> None:
        rows = self._with_room({view: self._checked(view, vectors) for view in VECTOR_VIEWS})
        keys, exact = keys_of(exemplar)
        tensors = {view: torch.from_numpy(np.asarray(vectors[view], np.float32)) for view in VECTOR_VIEWS}
        row = rows.append(exemplar, tensors, keys, exact=exact)
        with self._flipping:
            self._rows = rows
            rows.meta["alive"][row] = True
            if exemplar.id in self._row_of:
                rows.meta["alive"][self._row_of[exemplar.id]] = False
        self._row_of[exemplar.id] = row

    def _drop(self, exemplar_id: str) -> None:
        row = self._row_of.pop(exemplar_id, None)
        if row is not None and self._rows is not None:
            with self._flipping:
                self._rows.meta["alive"][row] = False

    def _checked(self, view: View, vectors: Mapping[View, NDArray[np.float32]]) -> int:
        """The length of the vector of `view`, which must be that of all others."""
        found = vectors[view].shape if view in vectors else ()
        held = self._rows.vectors[view].shape[1:] if self._rows else found
        if len(found) != 1 or found != tuple(held):
            raise BankError(
                f"the {view} vector has the shape {found}, the bank holds {tuple(held)}: encode it with one encoder"
            )
        return int(found[0])

    def _with_room(self, dimensions: Mapping[View, int]) -> Rows:
        """Rows with room for one more; made anew, the dead left out, where full or more than half dead."""
        rows, living = self._rows, len(self._row_of)
        if rows is not None and rows.count < rows.capacity and rows.count <= max(_MIN_CAPACITY, 2 * living):
            return rows
        capacity = max(_MIN_CAPACITY, 2 * living)
        vectors = {view: torch.zeros(capacity, length, device=self.device) for view, length in dimensions.items()}
        fresh = Rows(vectors, np.zeros(capacity, _META))
        if rows is not None:
            self._row_of = _copied(rows, fresh, sorted(self._row_of.values()))
        return fresh


def _copied(rows: Rows, fresh: Rows, living: list[int]) -> dict[str, int]:
    """Copy the rows `living` into `fresh`; the row of each id there."""
    for view, matrix in rows.vectors.items():
        fresh.vectors[view][: len(living)] = matrix[living]
    fresh.meta[: len(living)] = rows.meta[living]
    fresh.exemplars = [rows.exemplars[row] for row in living]
    fresh.groups, fresh.scopes = dict(rows.groups), dict(rows.scopes)
    number = {old: new for new, old in enumerate(living)}
    for key, held in rows.keys.items():
        kept = [number[row] for row in held if row in number]
        if kept:
            fresh.keys[key] = kept
    return {exemplar.id: row for row, exemplar in enumerate(fresh.exemplars)}


def keys_of(exemplar: Exemplar) -> tuple[set[str], bool]:
    """What finds an exemplar by equality, and whether only that does: its contacts, and its whole text if that is short.

    Contacts are read from the text again, so that a better reader needs no rewriting of the bank.
    """
    keys = {*exemplar.contacts, *contact_keys(exemplar.text)}
    letters = letters_of(normalise(exemplar.text))
    short = len(letters) < MIN_LETTERS
    return (keys | {text_key(letters)}, True) if short else (keys, False)


def letters_of(normalised: str) -> str:
    """Letters and digits alone, the first MIN_LETTERS: of fewer, all have to be equal."""
    return "".join(islice(filter(str.isalnum, normalised), MIN_LETTERS))


def text_key(letters: str) -> str:
    """The key of a short text; no contact key begins like it."""
    return f"text:{letters}"
