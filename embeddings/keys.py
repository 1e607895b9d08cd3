"""Where in Redis what is kept. All keys share a hash tag, so that a cluster keeps them on one node and MULTI works."""

from contracts.exemplar import View

EXEMPLARS = "{jikimi}:exemplars"
"""Hash: id -> the exemplar as JSON."""

CONTROL = "{jikimi}:control"
"""Stream of changes, trimmed by age; versions follow each other without a gap."""

AUDIT = "{jikimi}:audit"
"""Stream of changes with who made them, never trimmed."""

VERSION = "{jikimi}:version"
"""Counter: the version of the last change. Every writer watches it."""

EPOCH = "{jikimi}:epoch"
"""Random name of this history; another one means that Redis was emptied or replaced."""

POLICY = "{jikimi}:policy"
"""Hash: `max_action`, and `accepted`: the epoch that workers were told to go over to."""

VIEWS = "{jikimi}:views"
"""Set of the vector hashes there are, so that a change of text leaves no vector of the old text in any of them."""


def vectors_key(fingerprint: str, view: View) -> str:
    """Hash: id -> float16 bytes, little-endian."""
    return f"{{jikimi}}:vectors:{fingerprint}:{view}"
