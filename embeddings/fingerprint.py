"""The identity of an encoder: equal fingerprints mean vectors that may be compared."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import torch

from embeddings.normalise import NORMALISER_VERSION

FINGERPRINT_LENGTH = 16
"""Hex digits: 64 bits, far more than the handful of encoders that ever share one bank."""


def fingerprint(weights: Mapping[str, torch.Tensor], tokenizer: str, layout: Mapping[str, Any]) -> str:
    """16 hex digits over weights, tokenizer, normaliser version and layout (pooling, longest input, dimension).

    `weights` are hashed by name as little-endian float32 (integers as int64), so that neither the device nor the type
    they run in matters. `tokenizer` is its JSON without state that encoding changes; `layout` holds JSON values.
    """
    digest = hashlib.sha256()
    header = {"normaliser": NORMALISER_VERSION, "layout": layout, "tokenizer": tokenizer}
    digest.update(json.dumps(header, sort_keys=True, ensure_ascii=True).encode())
    for name in sorted(weights):
        tensor = weights[name].detach().cpu()
        values = tensor.float() if tensor.is_floating_point() else tensor.long()
        digest.update(json.dumps([name, list(values.shape)]).encode())
        digest.update(values.contiguous().numpy().astype(values.numpy().dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()[:FINGERPRINT_LENGTH]
