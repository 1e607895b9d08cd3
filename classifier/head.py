"""The head: probabilities of the labels from the post alone. Linear, calibrated, saved with skops."""

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from skops import io

from classifier.errors import HeadError
from classifier.features import FEATURES_VERSION, Features

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
_ID = re.compile(r'(?<="__id__": )\d+|(?<="file": ")\d+(?=\.npy")')
_DEFLATED, _LEVEL = zipfile.ZIP_DEFLATED, 9
# Types that a head file may hold besides numbers, text, lists and NumPy arrays, which skops trusts by itself.
TRUSTED: tuple[str, ...] = ()


class Head:
    """One logistic regression for each label over `Features`; calibration is folded into the weights."""

    def __init__(self, models: dict[str, LogisticRegression], features: Features) -> None:
        self.labels = tuple(models)
        self.features = features
        self.models = models
        weights = np.concatenate([model.coef_ for model in models.values()]).T
        ends = np.cumsum(list(features.widths.values()))
        if len(weights) != ends[-1]:
            raise HeadError(f"a head of {len(weights)} weights a label for {ends[-1]} features: train the head again")
        self._weights = [part.astype(np.float32, order="C") for part in np.split(weights, ends[:-1])]  # by group
        self._intercepts = np.concatenate([model.intercept_ for model in models.values()]).astype(np.float32)

    def probabilities(
        self, texts: Sequence[str], normalised: Sequence[str], vectors: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(len(texts), len(labels)) in [0, 1]. Raises HeadError where one is not a number."""
        groups = self.features.groups(texts, normalised, vectors)
        scores: NDArray[np.float32] = self._intercepts + sum(
            group @ weights for group, weights in zip(groups, self._weights, strict=True)
        )
        found = (1 / (1 + np.exp(-np.clip(scores, -30, 30)))).astype(np.float32)
        if not np.isfinite(found).all():
            broken = np.flatnonzero(~np.isfinite(found).all(axis=1))[:10].tolist()
            raise HeadError(f"the head gave no number in rows {broken}: score them alone, or load the release again")
        return found

    def save(self, path: Path) -> None:
        """Write the head; the same head gives the same bytes."""
        content = {
            "features": FEATURES_VERSION,
            "groups": list(self.features.widths),
            "dimension": self.features.dimension,
            "models": self.models,
        }
        path.write_bytes(_canonical(io.dumps(content)))

    @classmethod
    def load(cls, path: Path) -> "Head":
        """The head in `path`. Raises HeadError for a file that is too large, of another version or holds other types."""
        content = _read(path)
        if content.get("features") != FEATURES_VERSION:
            raise HeadError(
                f"{path.name} is made for features {content.get('features')}, this program has {FEATURES_VERSION}: "
                "train the head again with `jikimi train head`"
            )
        return cls(content["models"], Features(content["dimension"], content["groups"]))


def _read(path: Path) -> dict[str, Any]:
    try:
        _check_size("", path.stat().st_size, MAX_BYTES)
        with zipfile.ZipFile(path) as packed:
            _check_size("unpacked ", sum(part.file_size for part in packed.infolist()), MAX_UNPACKED_BYTES)
        content = io.load(path, trusted=list(TRUSTED))
    except Exception as error:
        reason = str(error).partition("\n")[0][:300]
        raise HeadError(f"{path.name} can't be read as a head ({reason}): train it with `jikimi train head`") from error
    if not isinstance(content, dict):
        raise HeadError(f"{path.name} holds no head: train it with `jikimi train head`")
    return content


def _check_size(what: str, size: int, limit: int) -> None:
    if size > limit:
        raise HeadError(f"{what}{size:,} bytes, the limit is {limit:,}")


def _canonical(packed: bytes) -> bytes:
    """The same archive without the times and the addresses of memory that skops puts into it."""
    numbers: dict[str, str] = {}
    with zipfile.ZipFile(BytesIO(packed)) as source:
        schema = source.read("schema.json").decode()
        schema = _ID.sub(lambda found: numbers.setdefault(found[0], str(len(numbers) + 1)), schema)
        arrays = {f"{numbers[name[:-4]]}.npy": source.read(name) for name in source.namelist() if name.endswith(".npy")}
    result = BytesIO()
    with zipfile.ZipFile(result, "w") as target:
        target.writestr(zipfile.ZipInfo("schema.json"), schema, _DEFLATED, _LEVEL)
        for name in sorted(arrays):
            target.writestr(zipfile.ZipInfo(name), arrays[name], _DEFLATED, _LEVEL)
    return result.getvalue()
