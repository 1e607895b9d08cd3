"""What tests of the encoders share."""

from pathlib import Path

import pytest

from tests.unit.embeddings.miniature import write_data


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public data sets in miniature."""
    folder = tmp_path_factory.mktemp("data")
    write_data(folder)
    return folder
