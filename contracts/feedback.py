"""A moderator's verdict on a post, as it arrives on the feedback topic."""

from datetime import datetime
from typing import Annotated

import msgspec

from contracts.decision import Action
from contracts.exemplar import Label
from contracts.post import PostId, Revision, ShortName


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """The result a moderator wants for one revision of a post; `action` is that result also where this undoes an earlier one."""

    id: PostId
    post_id: PostId
    revision: Revision
    action: Action
    labels: Annotated[tuple[Label, ...], msgspec.Meta(max_length=32)]
    moderator: ShortName
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    undoes: PostId | None = None
