"""A release: encoder, head, policy and thresholds that belong together, each named by its digest. The unit of rollout."""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import msgspec

from classifier.errors import ClassifierError, ReleaseError
from classifier.head import Head
from classifier.policy import Policy, load_policy
from contracts.exemplar import Label, Threshold, View
from embeddings.settings import EncoderSettings

if TYPE_CHECKING:
    from embeddings.encoder import Encoder  # it imports torch, which who seals a release can do without

SHIPPED = Path(__file__).parent / "release"
MANIFEST, HEAD, POLICY, THRESHOLDS = "release.json", "head.skops", "policy.toml", "thresholds.json"
PARTS: tuple[str, ...] = (HEAD, POLICY, THRESHOLDS)
_MAX_JSON_BYTES = 1024 * 1024

Structure = TypeVar("Structure")


class Calibrated(msgspec.Struct, frozen=True):
    """A threshold, and how it was found."""

    threshold: Threshold
    calibration: str


class Thresholds(msgspec.Struct, frozen=True):
    """From where on the head's probability of a label counts, and a similarity in a view."""

    schema: Literal[1]
    head: dict[Label, Calibrated]
    views: dict[View, Calibrated]


class EncoderReference(msgspec.Struct, frozen=True):
    """The encoder that head and thresholds were made with: `model` is `shipped`, a directory or a hub name with its revision."""

    fingerprint: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
    model: str = "shipped"
    revision: str | None = None


class Manifest(msgspec.Struct, frozen=True):
    """`release.json`: `digests` are the SHA-256 of each part."""

    schema: Literal[1]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    encoder: EncoderReference
    digests: dict[str, str]


@dataclass(frozen=True)
class Release:
    """A loaded release; `name` is what a decision carries."""

    name: str
    encoder: EncoderReference
    head: Head
    policy: Policy
    head_thresholds: Mapping[str, float]
    view_thresholds: Mapping[View, float]

    def encoder_settings(self, where: EncoderSettings) -> EncoderSettings:
        """This release's encoder, on the device and with the batches of `where`."""
        return where.model_copy(update={"model": self.encoder.model, "revision": self.encoder.revision})

    def check(self, encoder: "Encoder") -> None:
        """Raises ReleaseError where the release was made with another encoder: its numbers would mean nothing."""
        if encoder.fingerprint != self.encoder.fingerprint:
            raise ReleaseError(
                f"release {self.name} was made with encoder {self.encoder.fingerprint}, this one is "
                f"{encoder.fingerprint}: use the release's encoder, or train a head for this one with `jikimi train head`"
            )


def load_release(folder: Path | None = None) -> Release:
    """The release in `folder`, the shipped one where None. Raises ReleaseError that says the mend."""
    folder = folder or SHIPPED
    manifest = _read(folder / MANIFEST, Manifest)
    for name in PARTS:
        _check(folder / name, manifest.digests.get(name))
    thresholds = _read(folder / THRESHOLDS, Thresholds)
    try:
        head, policy = Head.load(folder / HEAD), load_policy(folder / POLICY)
    except ClassifierError as error:
        raise ReleaseError(f"release {manifest.name}: {error}") from error
    missing = set(head.labels) - set(thresholds.head)
    if missing:
        raise ReleaseError(f"{THRESHOLDS} has no threshold for {', '.join(sorted(missing))}: train the head again")
    return Release(
        name=manifest.name,
        encoder=manifest.encoder,
        head=head,
        policy=policy,
        head_thresholds={label: round(thresholds.head[label].threshold, 4) for label in head.labels},
        view_thresholds={view: each.threshold for view, each in thresholds.views.items()},
    )


def seal(folder: Path, encoder: EncoderReference) -> str:
    """Write the manifest of the parts in `folder` and return the release's name, which follows from their content.

    Call it after an edit by hand, too: `load_release` refuses parts whose digest differs.
    """
    digests = {name: _digest(folder / name) for name in PARTS}
    whole = hashlib.sha256(msgspec.json.encode([digests, encoder], order="deterministic")).hexdigest()
    manifest = Manifest(schema=1, name=f"jikimi-{whole[:12]}", encoder=encoder, digests=digests)
    write_json(folder / MANIFEST, manifest)
    return manifest.name


def write_json(path: Path, content: msgspec.Struct) -> None:
    """`content` as indented JSON; the same content gives the same bytes."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content, order="deterministic"), indent=2) + b"\n")


def _check(path: Path, digest: str | None) -> None:
    found = _digest(path)
    if found != digest:
        raise ReleaseError(
            f"{path.name} has the SHA-256 {found}, {MANIFEST} says {digest}: restore the file, or if the change is meant, "
            "seal the release again with `python -m classifier.release DIR`"
        )


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ReleaseError(f"{path.name} of the release can't be read ({error.strerror}): restore it") from error


def _read(path: Path, kind: type[Structure]) -> Structure:
    try:
        raw = path.read_bytes()
        if len(raw) > _MAX_JSON_BYTES:
            raise ReleaseError(f"{path.name} has {len(raw):,} bytes, the limit is {_MAX_JSON_BYTES:,}")
        return msgspec.json.decode(raw, type=kind)
    except OSError as error:
        raise ReleaseError(
            f"no release in {str(path.parent)!r} ({path.name}: {error.strerror}): name a folder that holds {MANIFEST}, "
            f"{', '.join(PARTS)}, or make one with `jikimi train head --out DIR`"
        ) from error
    except msgspec.MsgspecError as error:
        raise ReleaseError(
            f"{path.name} is not as it should be: {error}. Restore it or train the head again"
        ) from error


def main(arguments: Sequence[str]) -> int:
    """Seal the release in a folder again after a change that is meant; prints its new name."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m classifier.release DIR\n")
        return 2
    folder = Path(arguments[0])
    try:
        name = seal(folder, _read(folder / MANIFEST, Manifest).encoder)
        load_release(folder)
    except ReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
