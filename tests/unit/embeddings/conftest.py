"""What tests of the encoders share."""

from pathlib import Path

import pytest

from embeddings.encoder import Encoder, load_encoder
from embeddings.settings import EncoderSettings
from tests.unit.embeddings.miniature import write_data


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public data sets in miniature."""
    folder = tmp_path_factory.mktemp("data")
    write_data(folder)
    return folder


@pytest.fixture(scope="session")
def shipped() -> Encoder:
    """The encoder in the package."""
    return load_encoder(EncoderSettings(device="cpu"))
