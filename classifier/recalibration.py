"""Thresholds for a community's own posts: they do not travel from one kind of text to another, the head does."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from classifier.calibration import moved
from classifier.errors import DataError
from classifier.evaluation import probabilities
from classifier.release import HEAD, POLICY, SHIPPED, THRESHOLDS, Calibrated, Thresholds, load_release, seal, write_json
from embeddings.encoder import Encoder

LEAST_ALARMS = 5  # posts that may be flagged, at least: fewer say nothing of the share


def recalibrate(folder: Path | None, out_dir: Path, encoder: Encoder, texts: Sequence[str], rate: float) -> str:
    """Write the release in `folder` (the shipped one where None) to `out_dir` with other thresholds; returns its name.

    Its head flags at most `rate` of `texts`, which a person took for normal. Head and policy stay; `folder` may be
    `out_dir`. Raises DataError where `texts` are too few for `rate`, ReleaseError for another encoder than the release's.
    """
    needed = round(LEAST_ALARMS / rate)
    if len(texts) < needed:
        raise DataError(f"{len(texts):,} normal posts are too few for a share of {rate:g}: give {needed:,} or more")
    source = folder or SHIPPED
    release = load_release(source)
    release.check(encoder)
    found = probabilities(release.head, encoder, texts)
    chosen = moved(found, [release.head_thresholds[label] for label in release.head.labels], rate)
    how = f"at most {rate:.2%} of {len(texts):,} normal posts of one's own flagged, from release {release.name}"
    out_dir.mkdir(parents=True, exist_ok=True)
    if source.resolve() != out_dir.resolve():
        for name in (HEAD, POLICY):
            shutil.copyfile(source / name, out_dir / name)
    old = msgspec.json.decode((source / THRESHOLDS).read_bytes(), type=Thresholds)
    head = {label: Calibrated(threshold, how) for label, threshold in zip(release.head.labels, chosen, strict=True)}
    write_json(out_dir / THRESHOLDS, msgspec.structs.replace(old, head=head))
    return seal(out_dir, release.encoder)
