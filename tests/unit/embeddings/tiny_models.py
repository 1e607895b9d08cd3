"""Transformers of SBERT's kind, tiny, with random weights and real tokenizer files."""

from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer
from transformers import BertConfig, BertModel, BertTokenizer, DistilBertConfig, DistilBertModel

from tests.unit.embeddings.miniature import SENTENCES

LETTERS = "가구기날늘당락래문세씨알연오요의일좋주지카톡해바급네ㅋ" + "".join(sorted({*"".join(SENTENCES)} - {" "}))
ENTRIES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(LETTERS)]


def bert(folder: Path) -> Path:
    """A tiny BERT with random weights, mean pooling and a real tokenizer file, as on SBERT's list."""
    tokenizer = _tokenizer(folder)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder / "transformer")
    transformer = Transformer(str(folder / "transformer"), max_seq_length=64)
    return _saved([transformer, Pooling(32, pooling_mode="mean")], folder / "bert")


def distilbert(folder: Path) -> Path:
    """A tiny DistilBERT with mean pooling and a dense layer of 512, as distiluse has."""
    tokenizer = _tokenizer(folder)
    config = DistilBertConfig(vocab_size=len(tokenizer), dim=32, n_layers=2, n_heads=2, hidden_dim=64)
    DistilBertModel(config).save_pretrained(folder / "transformer")
    modules = [
        Transformer(str(folder / "transformer"), max_seq_length=64),
        Pooling(32, pooling_mode="mean"),
        Dense(32, 512),
    ]
    return _saved(modules, folder / "distilbert")


def _tokenizer(folder: Path) -> BertTokenizer:
    torch.manual_seed(0)
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join([*ENTRIES, *(f"##{letter}" for letter in ENTRIES[5:])]), encoding="utf-8")
    tokenizer = BertTokenizer(vocab=str(vocabulary), strip_accents=False)  # else it takes syllables apart
    tokenizer.save_pretrained(folder / "transformer")
    return tokenizer


def _saved(modules: list[torch.nn.Module], folder: Path) -> Path:
    SentenceTransformer(modules=modules, device="cpu").save(str(folder), create_model_card=False)
    return folder
