"""A post as it arrives on the posts topic, and the deletion of one."""

from typing import Annotated

import msgspec

MAX_ID_CHARACTERS = 128
MAX_REVISION = 2**53 - 1  # the largest integer that every JSON reader holds exactly (RFC 8259, section 6)

PostId = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_CHARACTERS, description="the member's post")]
Revision = Annotated[int, msgspec.Meta(ge=0, le=MAX_REVISION, description="grows with each edit")]
ShortName = Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARACTERS)]


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """What a member wrote. Unknown fields are ignored."""

    id: PostId
    text: str
    title: str | None = None
    community: ShortName | None = None
    author_id: ShortName | None = None
    created_at: ShortName | None = None
    revision: Revision = 0

    @property
    def whole_text(self) -> str:
        """Title and text as one string, the way a reader meets them."""
        return f"{self.title}\n{self.text}" if self.title else self.text


class Deletion(msgspec.Struct, frozen=True):
    """A post that its author or an administrator deleted (a null value under the post's id)."""

    id: PostId
