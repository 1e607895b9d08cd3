"""The shipped encoder, transformers of SBERT's kind built here, and the errors a user meets."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from embeddings.encoder import SHIPPED, Encoder, SentenceEncoder, load_encoder
from embeddings.errors import EncoderError
from embeddings.settings import EncoderSettings
from tests.unit.embeddings.tiny_models import bert, distilbert

TEXTS = ["카톡 문의 주세요", "", "오늘 날씨 좋네요", "ㅋㅋ", "...", "가" * 500, "당일지급 알바 구해요 연락 주세요 " * 9]
EMPTY = [1, 4]
TOLERANCE = 0.002
Build = Callable[[Path], Path]


def _settings(**chosen: str | int) -> EncoderSettings:
    return EncoderSettings.model_validate({"device": "cpu", **chosen})


def test_shipped_rows_are_unit_or_zero(shipped: Encoder) -> None:
    """One row a text, of length 1, or zeros where nothing is left to compare."""
    vectors = shipped.encode(TEXTS)

    assert vectors.shape == (len(TEXTS), shipped.dimension)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.flatnonzero(lengths == 0).tolist() == EMPTY
    assert np.allclose(np.delete(lengths, EMPTY), 1, atol=1e-5)
    assert shipped.encode([]).shape == (0, shipped.dimension)


def test_shipped_knows_korean(shipped: Encoder) -> None:
    """A rewording is nearer than another topic."""
    asked, reworded, other = shipped.encode(["카톡으로 문의 주세요", "카카오톡으로 연락 주세요", "오늘 날씨가 좋네요"])

    assert asked @ reworded > 0.4
    assert asked @ other < 0.3


def test_shipped_fits(shipped: Encoder) -> None:
    """The model that ships is under 13 MiB in all, and is the one that its training recorded."""
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*")) < 13 * 2**20
    assert f'"fingerprint": "{shipped.fingerprint}"' in (SHIPPED / "training.json").read_text()


def test_direct_path_equals_sentence_transformers(shipped: Encoder) -> None:
    """Plain sentence-transformers, loaded from the folder, gives the same vectors."""
    plain = SentenceTransformer(str(SHIPPED), device="cpu").float()
    texts = [text for row, text in enumerate(TEXTS) if row not in EMPTY]

    assert np.allclose(plain.encode(texts, normalize_embeddings=True), shipped.encode(texts), atol=1e-6)
    assert np.allclose(SentenceEncoder(plain, 3).encode(TEXTS), shipped.encode(TEXTS), atol=1e-6)


@pytest.mark.parametrize(("build", "dimension"), [(bert, 32), (distilbert, 512)])
def test_transformers_load_by_directory(build: Build, dimension: int, tmp_path: Path) -> None:
    """A model of SBERT's list loads from its folder, with its own dimension and a fingerprint that stays."""
    folder = build(tmp_path)
    encoder, again = (load_encoder(_settings(model=str(folder))) for _ in range(2))
    vectors = encoder.encode(TEXTS)

    assert encoder.dimension == dimension
    assert np.flatnonzero(np.linalg.norm(vectors, axis=1) == 0).tolist() == EMPTY
    assert encoder.fingerprint == again.fingerprint
    again.encode(TEXTS)
    assert load_encoder(_settings(model=str(folder))).fingerprint == again.fingerprint


@pytest.mark.parametrize(
    ("name", "build", "dimension"),
    [
        ("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", bert, 32),
        ("sentence-transformers/distiluse-base-multilingual-cased-v2", distilbert, 512),
    ],
)
def test_names_of_the_hub_load_from_what_was_fetched_before(
    name: str, build: Build, dimension: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no hub, a name and a commit lead to the copy in the cache; it is the same encoder as by its folder."""
    folder, commit = build(tmp_path), "1" * 40
    kept = tmp_path / "hub" / f"models--{name.replace('/', '--')}" / "snapshots" / commit
    shutil.copytree(folder, kept)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    encoder = load_encoder(_settings(model=name, revision=commit))

    assert encoder.dimension == dimension
    assert encoder.fingerprint == load_encoder(_settings(model=str(folder))).fingerprint
    assert encoder.encode(TEXTS).shape == (len(TEXTS), dimension)


@pytest.mark.parametrize("build", [bert, distilbert, None])
def test_batch_size_makes_no_difference(build: Build | None, tmp_path: Path) -> None:
    """Cosines differ by less than 0.002 between batches of 1, 3 and 256."""
    model = str(build(tmp_path)) if build else "shipped"
    alone, few, many = (load_encoder(_settings(model=model, batch_size=size)).encode(TEXTS) for size in (1, 3, 256))

    for other in (few, many):
        assert np.abs(alone @ alone.T - other @ other.T).max() < TOLERANCE


def test_broken_weights_are_told(tmp_path: Path) -> None:
    """A vector that is not finite is an error that names the row, never a silent NaN."""
    model = SentenceTransformer(str(SHIPPED), device="cpu")
    torch.nn.init.constant_(next(model.parameters()), math.nan)
    model.save(str(tmp_path), create_model_card=False)
    encoder = load_encoder(_settings(model=str(tmp_path)))

    with pytest.raises(EncoderError, match=r"rows \[2\]"):
        encoder.encode(["", "...", "카톡"])


@pytest.mark.parametrize(
    ("settings", "mend"),
    [
        ({"model": "/no/such/folder"}, "does not exist: correct the path or use 'shipped'"),
        ({"model": "organisation/name"}, "set revision to the commit"),
    ],
)
def test_wrong_settings_say_the_mend(settings: dict[str, str], mend: str) -> None:
    """A path or a name that can't be had is an error that says what to do."""
    with pytest.raises(EncoderError, match=mend):
        load_encoder(_settings(**settings))


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens where there is no GPU")
def test_missing_gpu_says_the_mend() -> None:
    """A GPU that is not there is an error that says what to do."""
    with pytest.raises(EncoderError, match="set device to 'auto' or 'cpu'"):
        load_encoder(_settings(device="cuda"))


def test_folder_of_something_else_says_the_mend(tmp_path: Path) -> None:
    """A folder that holds no model is named as such."""
    with pytest.raises(EncoderError, match="must be a folder saved by sentence-transformers"):
        load_encoder(_settings(model=str(tmp_path)))


def test_unreachable_hub_says_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no hub and nothing fetched before, the error names the model, the revision and the way out."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    settings = _settings(model="organisation/name", revision="0" * 40)

    with pytest.raises(EncoderError, match=f"'organisation/name' at revision '{'0' * 40}' can't be had.*set model to"):
        load_encoder(settings)
