"""Releases: parts and their digests."""

import shutil
from pathlib import Path

import pytest

from classifier.errors import ReleaseError
from classifier.evaluation import judge
from classifier.policy import Policy
from classifier.recalibration import recalibrate
from classifier.release import MANIFEST, PARTS, POLICY, SHIPPED, THRESHOLDS, Release, load_release, main, seal
from classifier.sources import ComposedPost
from embeddings.encoder import Encoder
from embeddings.settings import EncoderSettings
from tests.unit.classifier.conftest import TroubledEncoder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped release."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "release"))


def test_the_shipped_release_fits_the_shipped_encoder(release: Release, encoder: Encoder) -> None:
    """Head, thresholds and encoder belong together, every label has a rule, and every view a threshold."""
    assert release.encoder.fingerprint == encoder.fingerprint
    assert set(release.head.labels) == set(release.policy.labels) == set(release.head_thresholds)
    assert set(release.view_thresholds) == {"semantic", "lexical", "contact"}
    assert isinstance(release.policy, Policy)


def test_another_encoder_is_refused_by_whoever_uses_the_release(release: Release, encoder: Encoder) -> None:
    """Measuring and calibrating with vectors that the head never saw would print numbers that mean nothing."""
    other = TroubledEncoder(encoder)
    other.fingerprint = "0" * 16
    posts = [ComposedPost(id="1", community="free", text="팔아요", labels=frozenset({"trade"}))]
    with pytest.raises(ReleaseError, match="0000000000000000"):
        judge(release, other, posts)
    with pytest.raises(ReleaseError, match="0000000000000000"):
        recalibrate(None, Path("unused"), other, ["안녕하세요"] * 500, 0.01)


@pytest.mark.parametrize("part", PARTS)
def test_a_changed_part_is_refused(copy: Path, part: str) -> None:
    """One byte more in any part and the release does not load; the error says how to mend it."""
    with (copy / part).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ReleaseError, match=rf"{part}.*classifier\.release"):
        load_release(copy)


@pytest.mark.parametrize("part", [*PARTS, MANIFEST])
def test_a_missing_part_is_named(copy: Path, part: str) -> None:
    """The error names the file that is not there."""
    (copy / part).unlink()
    with pytest.raises(ReleaseError, match=part):
        load_release(copy)


def test_a_sealed_change_is_another_release(copy: Path, release: Release) -> None:
    """After an edit that is meant, sealing gives a release of another name; sealing twice gives the same."""
    path = copy / POLICY
    path.write_text(path.read_text().replace('max_action = "hide"', 'max_action = "review"'))
    name = seal(copy, release.encoder)
    assert name == seal(copy, release.encoder) != release.name
    assert load_release(copy).policy.max_action == "review"


def test_a_threshold_for_each_label_is_needed(copy: Path, release: Release) -> None:
    """A head with a label that has no threshold is no release."""
    path = copy / THRESHOLDS
    path.write_text(path.read_text().replace('"abuse"', '"rudeness"'))
    seal(copy, release.encoder)
    with pytest.raises(ReleaseError, match="abuse"):
        load_release(copy)


def test_the_release_names_its_encoder_and_the_machine_where_it_runs(release: Release) -> None:
    """Device and batch size are the machine's, model and revision the release's."""
    settings = release.encoder_settings(EncoderSettings(model="elsewhere", device="cpu", batch_size=7))
    assert (settings.model, settings.device, settings.batch_size) == (release.encoder.model, "cpu", 7)


def test_a_broken_manifest_is_refused(copy: Path) -> None:
    """JSON of another shape ends in an error that names the file."""
    (copy / MANIFEST).write_text('{"schema": 1}')
    with pytest.raises(ReleaseError, match=MANIFEST):
        load_release(copy)


def test_sealing_by_command(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command that the error names gives a release that loads, and says its name."""
    (copy / POLICY).write_text((copy / POLICY).read_text() + "\n# changed\n")
    assert main([str(copy)]) == 0
    assert load_release(copy).name == capsys.readouterr().out.strip()
    assert main([str(copy / "nowhere")]) == 1
    assert main([]) == 2
