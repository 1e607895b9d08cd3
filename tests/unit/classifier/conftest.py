"""The shipped release and encoder, loaded once, and an encoder that fails on demand."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.release import Release, load_release
from embeddings.encoder import Encoder, load_encoder
from embeddings.settings import EncoderSettings


class TroubledEncoder:
    """The shipped encoder, but texts with one of its words end in an exception or in vectors that are not numbers."""

    RAISES, NOT_A_NUMBER = "터져라", "숫자아님"

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `Encoder.encode`, with trouble."""
        if any(self.RAISES in text for text in texts):
            raise RuntimeError("as asked")
        vectors = self._encoder.encode(texts)
        vectors[[self.NOT_A_NUMBER in text for text in texts]] = np.nan
        return vectors


@pytest.fixture(scope="session")
def release() -> Release:
    """The release that ships."""
    return load_release()


@pytest.fixture(scope="session")
def encoder(release: Release) -> Encoder:
    """The encoder of the release, on the CPU."""
    return load_encoder(release.encoder_settings(EncoderSettings(device="cpu")))


@pytest.fixture(scope="session")
def troubled(encoder: Encoder) -> TroubledEncoder:
    """An encoder that fails on some texts."""
    return TroubledEncoder(encoder)
