"""Texts to vectors: any sentence-transformers model, and a direct path for static ones such as the shipped encoder."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

from embeddings.errors import EncoderError
from embeddings.fingerprint import fingerprint
from embeddings.normalise import is_empty
from embeddings.settings import EncoderSettings
from embeddings.tokens import Bags, Tokens
from embeddings.windows import Span

SHIPPED = Path(__file__).parent / "model"
_OTHER_BACKENDS = ["onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack", "*.onnx"]  # copies of the same weights
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


class Encoder(Protocol):
    """Normalised texts to unit vectors that may be compared with all vectors of the same fingerprint."""

    @property
    def fingerprint(self) -> str:
        """16 hex digits; see `embeddings.fingerprint`."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), dimension), rows of length 1; zeros for a text without letter or digit or known token.

        The rows do not depend on the size of batches by more than 0.002 in cosine. Raises EncoderError where a row is
        not finite, naming the rows and never the text.
        """


class SentenceEncoder:
    """An `Encoder` on a loaded `SentenceTransformer`, which sorts by length and pads within a batch."""

    def __init__(self, model: SentenceTransformer, batch_size: int) -> None:
        self._model = model.float().eval()
        self._batch_size = batch_size
        self.dimension = _dimension(model)
        self.fingerprint = fingerprint(model.state_dict(), _tokenizer_json(model), _layout(model))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder.encode`."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        filled = [row for row, text in enumerate(texts) if not is_empty(text)]
        if filled:
            vectors[filled] = self._encode([texts[row] for row in filled])
        return _checked(vectors)

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        vectors = self._model.encode(
            texts, batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)


class StaticEncoder(SentenceEncoder):
    """The same vectors for a `StaticEmbedding` model, without the general path's cost of about 25 us a text."""

    def __init__(self, model: SentenceTransformer, batch_size: int) -> None:
        super().__init__(model, batch_size)
        static: Any = model[0]
        self._tokens = Tokens(static.tokenizer)

    def encode_pieces(self, texts: Sequence[str], spans: Sequence[Span]) -> NDArray[np.float32]:
        """(len(texts) + len(spans), dimension): `texts` as `encode` has them, then parts of them, each text read only once.

        A part is the mean of the tokens that begin in it, so at its edges it may differ from the same letters alone.
        """
        reading = self._tokens.read(texts)
        filled = [not is_empty(text) for text in texts] + [
            not is_empty(texts[at][start:end]) for at, start, end in spans
        ]
        means = np.concatenate([self._means(reading.bags), self._means(reading.parts(spans))])
        return _checked(means * np.array(filled, np.float32)[:, None])

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        starts = range(0, len(texts), self._batch_size)
        return np.concatenate([self._means(self._tokens.bags(texts[at : at + self._batch_size])) for at in starts])

    def _means(self, bags: Bags) -> NDArray[np.float32]:
        """(bags, dimension): the means of the vectors of each bag of tokens, with length 1; zeros for an empty one."""
        starts = range(0, max(len(bags), 1), self._batch_size)
        return np.concatenate([self._means_at_once(bags.some(at, at + self._batch_size)) for at in starts])

    @torch.inference_mode()
    def _means_at_once(self, bags: Bags) -> NDArray[np.float32]:
        static: Any = self._model[0]
        device = static.embedding.weight.device
        means = static.embedding(torch.from_numpy(bags.ids).to(device), torch.from_numpy(bags.ends[:-1]).to(device))
        vectors: NDArray[np.float32] = torch.nn.functional.normalize(means, dim=1).cpu().numpy()
        return vectors


def load_encoder(settings: EncoderSettings) -> Encoder:
    """The encoder named by `settings.model`, on its device; raises EncoderError that says the mend."""
    model = load_model(settings)
    static = isinstance(model[0], StaticEmbedding) and all(isinstance(module, Normalize) for module in list(model)[1:])
    return (StaticEncoder if static else SentenceEncoder)(model, settings.batch_size)


def load_model(settings: EncoderSettings) -> SentenceTransformer:
    """The model behind `load_encoder`, as sentence-transformers has it; raises EncoderError that says the mend."""
    device = _device(settings.device)
    return _load(_directory(settings), device)


def _directory(settings: EncoderSettings) -> Path:
    """Where the model lies on this machine; a hub name is fetched first, at its pinned revision."""
    directory = SHIPPED if settings.model == "shipped" else Path(settings.model)
    if directory.is_dir():
        return directory
    if not _HUB_NAME.fullmatch(settings.model):
        raise EncoderError(f"encoder directory {str(directory)!r} does not exist: correct the path or use 'shipped'")
    if settings.revision is None:
        raise EncoderError(
            f"encoder {settings.model!r} is no directory here, and as a hub name it lacks a revision: "
            "set revision to the commit to pin it, or model to a directory that exists"
        )
    try:
        return Path(snapshot_download(settings.model, revision=settings.revision, ignore_patterns=_OTHER_BACKENDS))
    except (OSError, ValueError, HfHubHTTPError) as error:
        raise EncoderError(
            f"encoder {settings.model!r} at revision {settings.revision!r} can't be had from the hub ({_reason(error)}): "
            "check name, revision and network, or download it elsewhere and set model to that directory"
        ) from error


def _load(directory: Path, device: str) -> SentenceTransformer:
    try:
        return SentenceTransformer(str(directory), device=device, local_files_only=True)
    except Exception as error:
        raise EncoderError(
            f"encoder in {str(directory)!r} can't be loaded ({_reason(error)}): "
            "it must be a folder saved by sentence-transformers"
        ) from error


def _reason(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300] or type(error).__name__


def _device(wanted: str) -> str:
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise EncoderError("device 'cuda' is not available: no GPU that torch can use; set device to 'auto' or 'cpu'")
    return "cuda" if available and wanted != "cpu" else "cpu"


def _dimension(model: SentenceTransformer) -> int:
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise EncoderError("the model does not tell its dimension: its last module must be a pooling or dense layer")
    return int(dimension)


def _tokenizer_json(model: SentenceTransformer) -> str:
    """The tokenizer without the padding and truncation that encoding sets on it."""
    tokenizer: Any = model.tokenizer
    backend: Any = getattr(tokenizer, "backend_tokenizer", tokenizer)
    description = json.loads(backend.to_str())
    return json.dumps({**description, "padding": None, "truncation": None}, sort_keys=True)


def _layout(model: SentenceTransformer) -> dict[str, Any]:
    """What besides weights and tokenizer shapes a vector: the modules with their settings, prompt, longest input."""
    longest = model.max_seq_length
    modules: list[Any] = list(model)
    return {
        "modules": [type(module).__name__ for module in modules],
        "settings": [module.get_config_dict() for module in modules[1:]],
        "prompt": model.prompts.get(model.default_prompt_name or ""),
        "longest": None if longest is None or math.isinf(longest) else int(longest),
        "dimension": _dimension(model),
    }


def _checked(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(broken):
        raise EncoderError(
            f"vectors of {len(broken)} texts are not finite (rows {broken[:10].tolist()}): encode them alone"
        )
    return vectors
