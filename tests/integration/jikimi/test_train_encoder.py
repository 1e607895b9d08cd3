"""`jikimi train encoder --kind transformer`: the command from end to end, on the public sets in miniature."""

import json
from pathlib import Path

import pytest

from tests.integration.jikimi.cli import Cli
from tests.unit.embeddings.miniature import write_data
from tests.unit.embeddings.tiny_models import bert

TRAIN = ("train", "encoder", "--kind", "transformer", "--data", "data", "--steps", "5")


@pytest.fixture
def alone(tmp_path: Path) -> Cli:
    """The command line with no server anywhere, beside the data."""
    write_data(tmp_path / "data")
    cli = Cli("127.0.0.1:1", "redis://127.0.0.1:1/0", tmp_path)
    cli.environment["HF_HUB_OFFLINE"] = "1"
    return cli


def test_a_checkpoint_becomes_an_encoder_that_other_commands_use(alone: Cli) -> None:
    """Progress on stderr, measures on stdout, and a folder for `encoder.model`."""
    checkpoint = str(bert(alone.folder))
    done = alone.run(*TRAIN, "--from", checkpoint, "--out", "runs/new", "--json")
    alone.environment["JIKIMI_ENCODER__MODEL"] = "runs/new"
    (near,) = alone.json_lines("similarity", "기타를 팔고 있다", "기타를 팔고 있어요", "--json")
    record = json.loads((alone.folder / "runs/new/training.json").read_text())

    assert json.loads(done.stdout) == record["metrics"]
    assert "scored pairs, step 1 of 1" in done.stderr
    assert near["fingerprint"] == record["fingerprint"]
    assert (record["from"], record["plan"]["masked_steps"], record["plan"]["pair_steps"]) == (checkpoint, 2, 2)


@pytest.mark.parametrize(
    ("beginning", "mend"),
    [
        (("--from", "no/such/folder"), "error: encoder directory 'no/such/folder' does not exist: correct the path"),
        (
            ("--from", "some/name"),
            "error: encoder 'some/name' is no directory here, and as a hub name it lacks a revision",
        ),
        (("--from", "some/name", "--revision", "0" * 40), "can't be had from the hub"),
    ],
)
def test_a_beginning_that_can_not_be_had_says_the_mend(alone: Cli, beginning: tuple[str, ...], mend: str) -> None:
    """No traceback, and nothing written."""
    refused = alone.run(*TRAIN, *beginning, "--out", "out", code=1)

    assert mend in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (alone.folder / "out").exists()
