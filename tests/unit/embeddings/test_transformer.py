"""Training of a transformer in miniature: on fresh layers, and from a checkpoint as people have them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from embeddings.encoder import SHIPPED, StaticEncoder, load_encoder
from embeddings.errors import EncoderError
from embeddings.settings import EncoderSettings
from embeddings.training.card import LICENCES
from embeddings.training.corpus import FILES
from embeddings.training.growth import grow
from embeddings.training.masked import MaskedTokens
from embeddings.training.transformer import Plan, train_transformer
from tests.unit.embeddings.miniature import SENTENCES
from tests.unit.embeddings.tiny_models import bert, distilbert

QUICK = Plan(masked_steps=4, pair_steps=4, scored_steps=2, layers=1, batch=8)


def _settings(model: Path | str) -> EncoderSettings:
    return EncoderSettings(model=str(model), device="cpu")


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(SentenceTransformer(str(folder), device="cpu").state_dict())


def _equal(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], two[name]) for name in one)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What people begin with: a BERT that sentence-transformers saved."""
    return bert(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def trained(checkpoint: Path, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """That checkpoint after a few steps, and what was said meanwhile."""
    folder, told = tmp_path_factory.mktemp("trained"), list[str]()
    train_transformer(data_dir, folder, _settings(checkpoint), 7, QUICK, told.append)
    return folder, told


def test_a_checkpoint_learns_and_loads(checkpoint: Path, trained: tuple[Path, list[str]]) -> None:
    """Every weight that a text meets has moved, and the folder encodes like any other encoder."""
    before, after = _weights(checkpoint), _weights(trained[0])
    moved = {name for name in before if not torch.equal(before[name], after[name])}

    assert {name for name in before if "pooler" not in name and "position_ids" not in name} <= moved
    assert SentenceTransformer(str(trained[0]), device="cpu").encode(SENTENCES[0]).shape == (32,)
    assert load_encoder(_settings(trained[0])).encode(SENTENCES[:3]).shape == (3, 32)


def test_tells_how_far_it_is(trained: tuple[Path, list[str]]) -> None:
    """Each stage reports its last step, its loss and the score on pairs never trained on."""
    for stage in ("masked tokens, step 4 of 4", "pairs, step 4 of 4", "scored pairs, step 2 of 2"):
        assert any(line.startswith(stage) and "KorSTS dev Spearman" in line for line in trained[1])


def test_says_what_it_was_made_of(checkpoint: Path, trained: tuple[Path, list[str]]) -> None:
    """The record names its beginning, seed, files and measures; the card says the same to people."""
    record: dict[str, Any] = json.loads((trained[0] / "training.json").read_text())
    card = (trained[0] / "README.md").read_text(encoding="utf-8")

    assert (record["from"], record["seed"]) == (str(checkpoint), 7)
    assert record["from_fingerprint"] == load_encoder(_settings(checkpoint)).fingerprint
    assert record["fingerprint"] == load_encoder(_settings(trained[0])).fingerprint
    assert record["data"].keys() == {f"{folder}/{name}" for folder, names in FILES.items() for name in names}
    for said in (record["fingerprint"], *record["data"], *record["data"].values(), *record["metrics"]):
        assert said in card


def test_every_source_has_a_licence() -> None:
    """Neither one too few nor one that is not read."""
    assert LICENCES.keys() == FILES.keys()


def test_a_seed_gives_the_same_weights(
    checkpoint: Path, trained: tuple[Path, list[str]], data_dir: Path, tmp_path: Path
) -> None:
    """Whatever torch's generator did before; another seed gives others."""
    torch.manual_seed(99)
    for seed in (7, 8):
        train_transformer(data_dir, tmp_path / str(seed), _settings(checkpoint), seed, QUICK, lambda _: None)

    assert _equal(_weights(tmp_path / "7"), _weights(trained[0]))
    assert not _equal(_weights(tmp_path / "8"), _weights(trained[0]))


def test_a_model_with_a_dense_layer_learns(data_dir: Path, tmp_path: Path) -> None:
    """A DistilBERT whose vectors are longer than its layers are wide, as distiluse."""
    train_transformer(data_dir, tmp_path / "out", _settings(distilbert(tmp_path)), 0, QUICK, lambda _: None)

    assert load_encoder(_settings(tmp_path / "out")).dimension == 512


def test_layers_grow_on_the_shipped_encoder(data_dir: Path, tmp_path: Path) -> None:
    """Its tokens and their vectors stay; the layers learn."""
    train_transformer(data_dir, tmp_path, _settings("shipped"), 0, QUICK, lambda _: None)
    static, weights = SentenceTransformer(str(SHIPPED), device="cpu"), _weights(tmp_path)
    words, layer = (
        next(value for name, value in weights.items() if end in name) for end in ("word_emb", "layer.0.output")
    )

    assert words.shape == (len(static.tokenizer.get_vocab()) + 2, 256)
    assert torch.allclose(words[: len(words) - 2].norm(dim=1).max(), torch.tensor(1.0), atol=1e-3)
    assert layer.any()
    encoder = load_encoder(_settings(tmp_path))
    assert encoder.encode(SENTENCES[:3]).shape == (3, 256)
    assert encoder.fingerprint == json.loads((tmp_path / "training.json").read_text())["fingerprint"]


def test_what_grew_begins_like_the_static_encoder() -> None:
    """Before it has learned anything, cosines are those of the table within 0.05."""
    static = SentenceTransformer(str(SHIPPED), device="cpu")
    table, grown = StaticEncoder(static, 64).encode(SENTENCES), grow(static, 2).eval()
    vectors = grown.encode(SENTENCES, normalize_embeddings=True)

    assert np.abs(vectors @ vectors.T - table @ table.T).max() < 0.05


def test_hidden_tokens_can_be_learned(checkpoint: Path) -> None:
    """The loss falls on texts that are seen again and again."""
    torch.manual_seed(0)
    masked = MaskedTokens(
        SentenceTransformer(str(checkpoint), device="cpu"), ["카톡 문의 주세요", "오늘 날 좋네요"] * 8, 16, 0
    )
    optimizer, losses = torch.optim.AdamW(masked.parameters(), lr=5e-3), []
    for _, loss in zip(range(60), masked, strict=False):
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())

    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:10])


def test_steps_are_shared_out() -> None:
    """None is lost in rounding."""
    plan = Plan.of(1_003, layers=2)

    assert plan.masked_steps + plan.pair_steps + plan.scored_steps == 1_003
    assert (plan.masked_steps, plan.pair_steps) == (401, 401)


@pytest.mark.parametrize(
    ("start", "mend"),
    [
        ({"model": "/no/such/folder"}, "does not exist: correct the path"),
        ({"model": "organisation/name"}, "set revision to the commit"),
        ({"model": "organisation/name", "revision": "0" * 40}, "can't be had.*check name, revision and network"),
    ],
)
def test_a_beginning_that_can_not_be_had_says_the_mend(
    start: dict[str, str], mend: str, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong path, a name without its commit, a hub out of reach."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match=mend):
        train_transformer(data_dir, tmp_path, EncoderSettings.model_validate(start), 0, QUICK, lambda _: None)
