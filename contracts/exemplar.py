"""A text kept by moderators with a label, and the change stream that carries it to the workers."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from contracts.post import PostId

View = Literal["semantic", "lexical", "contact"]
VIEWS: tuple[View, ...] = ("semantic", "lexical", "contact")

Label = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Threshold = Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]

MAX_EXEMPLAR_CHARACTERS = 20_000


class Exemplar(msgspec.Struct, frozen=True, kw_only=True):
    """One exemplar. The least a writer must give is `id`, `text` and `label`.

    `polarity` bad matches; benign cancels the matches of its label that are less near. `threshold`, where given, replaces the
    release's threshold in the semantic and lexical views. `communities` limits where it works; empty means everywhere.
    `contacts` are normalised contact keys, filled in from the text. A higher `version` of the same id wins.
    """

    id: PostId
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_EXEMPLAR_CHARACTERS)]
    label: Label
    polarity: Literal["bad", "benign"] = "bad"
    state: Literal["active", "disabled", "removed"] = "active"
    version: Annotated[int, msgspec.Meta(ge=0)] = 0
    note: Annotated[str, msgspec.Meta(max_length=2_000)] | None = None
    author: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    threshold: Threshold | None = None
    communities: tuple[Annotated[str, msgspec.Meta(max_length=128)], ...] = ()
    expires_at: datetime | None = None
    contacts: tuple[Annotated[str, msgspec.Meta(max_length=512)], ...] = ()
