"""Equal fingerprints mean comparable vectors."""

import pytest
import torch

from embeddings.fingerprint import FINGERPRINT_LENGTH, fingerprint
from embeddings.normalise import NORMALISER_VERSION

WEIGHTS = {"table": torch.arange(6, dtype=torch.float16).reshape(2, 3), "steps": torch.tensor(3)}
LAYOUT = {"pooling": "mean", "longest": 128, "dimension": 3}


def test_is_sixteen_hex_digits_independent_of_the_type_run_in() -> None:
    """The same numbers give the same fingerprint in half and in full precision, and in any order of names."""
    widened = {"steps": torch.tensor(3, dtype=torch.int32), "table": WEIGHTS["table"].float()}

    assert fingerprint(WEIGHTS, "{}", LAYOUT) == fingerprint(widened, "{}", LAYOUT)
    assert len(fingerprint(WEIGHTS, "{}", LAYOUT)) == FINGERPRINT_LENGTH


def test_each_part_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, their shape and names, tokenizer, layout and normaliser version each change it."""
    changed = [
        fingerprint(WEIGHTS, "{}", LAYOUT),
        fingerprint({**WEIGHTS, "table": WEIGHTS["table"] + 1}, "{}", LAYOUT),
        fingerprint({**WEIGHTS, "table": WEIGHTS["table"].reshape(3, 2)}, "{}", LAYOUT),
        fingerprint({"other": WEIGHTS["table"], "steps": WEIGHTS["steps"]}, "{}", LAYOUT),
        fingerprint(WEIGHTS, '{"a": 1}', LAYOUT),
        *(fingerprint(WEIGHTS, "{}", {**LAYOUT, name: "other"}) for name in LAYOUT),
    ]
    monkeypatch.setattr("embeddings.fingerprint.NORMALISER_VERSION", NORMALISER_VERSION + 1)
    changed.append(fingerprint(WEIGHTS, "{}", LAYOUT))

    assert len(set(changed)) == len(changed) == 9
