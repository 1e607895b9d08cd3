"""A transformer that begins as a static encoder: the table of token vectors, with fresh layers on top.

The last matrix of each half of a layer begins at zero, so that a layer changes nothing until it has learned (Zhang,
Dauphin and Ma 2019, "Fixup Initialization"), and the model begins as good as the table instead of at random. A BERT
brings each token to the same length; how much a token counts in the mean, the length of its row, moves to `WordWeights`.
The table stays as it is: it has learned from all these texts and pairs, and most tokens occur in few.
"""

import tempfile
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer, WordWeights
from torch.nn.init import zeros_
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from embeddings.errors import EncoderError

PAD, MASK = "[PAD]", "[MASK]"
LONGEST = 256  # tokens, some 500 characters; longer posts are matched by windows
_WIDTH_OF_A_HEAD = 64


def grow(static: SentenceTransformer, layers: int) -> SentenceTransformer:
    """A BERT with `layers` layers on the tokens of `static`, whose first module is a `StaticEmbedding`.

    Its vectors have the same dimension and at first nearly the same cosines; the layers are drawn from torch's generator.
    Raises EncoderError where the dimension can't be split into heads.
    """
    module: Any = static[0]
    table = module.embedding.weight.detach().float().cpu()
    tokenizer: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=module.tokenizer, pad_token=PAD, mask_token=MASK, model_max_length=LONGEST
    )
    bert = _bert(len(tokenizer), table.shape[1], layers, tokenizer.convert_tokens_to_ids(PAD))
    with torch.no_grad():
        _begin_as(bert, table)
    with tempfile.TemporaryDirectory() as folder:
        bert.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        transformer = Transformer(folder, max_seq_length=LONGEST)
    transformer.auto_model.get_input_embeddings().requires_grad_(requires_grad=False)
    words = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    lengths = dict(zip(words, table.norm(dim=1).tolist(), strict=False))
    weights = WordWeights(words, lengths, unknown_word_weight=float(table.norm(dim=1).mean()))
    return SentenceTransformer(modules=[transformer, weights, Pooling(table.shape[1], pooling_mode="mean")])


def _bert(vocabulary: int, dimension: int, layers: int, padding: int) -> BertModel:
    if dimension % _WIDTH_OF_A_HEAD:
        raise EncoderError(
            f"a static encoder of {dimension} dimensions can't be split into heads of {_WIDTH_OF_A_HEAD}: "
            "begin with one whose dimension is a multiple of it"
        )
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=dimension,
        num_hidden_layers=layers,
        num_attention_heads=dimension // _WIDTH_OF_A_HEAD,
        intermediate_size=4 * dimension,
        max_position_embeddings=LONGEST,
        type_vocab_size=1,
        pad_token_id=padding,
    )
    return BertModel(config)


def _begin_as(bert: BertModel, table: torch.Tensor) -> None:
    rows = table - table.mean(dim=1, keepdim=True)
    words = bert.embeddings.word_embeddings.weight
    words[: len(table)] = rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-9)
    for vectors in (bert.embeddings.position_embeddings, bert.embeddings.token_type_embeddings):
        zeros_(vectors.weight)
    layers: Any = bert.encoder.layer
    for layer in layers:
        zeros_(layer.attention.output.dense.weight)
        zeros_(layer.output.dense.weight)
