"""What an exemplar must be like before it is written."""

import msgspec

from contracts.exemplar import Exemplar
from embeddings.contacts import contact_keys
from embeddings.errors import ExemplarError
from embeddings.matcher import THRESHOLD_FLOOR
from embeddings.normalise import is_empty, normalise

MAX_EXEMPLARS = 200_000
MAX_COMMUNITIES = 1_000


def checked(exemplar: Exemplar) -> Exemplar:
    """`exemplar` with the contacts of its text. Raises ExemplarError that names id, value, limit and mend."""
    try:
        valid = msgspec.json.decode(msgspec.json.encode(exemplar), type=Exemplar)
    except (msgspec.ValidationError, UnicodeEncodeError, TypeError) as error:
        raise ExemplarError(f"exemplar {str(exemplar.id)[:40]!r}: {_said(error)}") from None
    for trouble in _troubles(valid):
        raise ExemplarError(f"exemplar {valid.id!r}: {trouble}")
    return msgspec.structs.replace(valid, contacts=contact_keys(valid.text))


def _troubles(exemplar: Exemplar) -> list[str]:
    found = {
        "the text has no letter and no digit, so there is nothing to compare": is_empty(normalise(exemplar.text)),
        f"threshold {exemplar.threshold} is below the floor of {THRESHOLD_FLOOR}": (
            exemplar.threshold is not None and exemplar.threshold < THRESHOLD_FLOOR
        ),
        f"{len(exemplar.communities)} communities are too many, the limit is {MAX_COMMUNITIES}": (
            len(exemplar.communities) > MAX_COMMUNITIES
        ),
        "expires_at lacks an offset from UTC, as in 2027-01-31T00:00:00+09:00": (
            exemplar.expires_at is not None and exemplar.expires_at.tzinfo is None
        ),
        "state `removed` can't be written; use remove": exemplar.state == "removed",
    }
    return [trouble for trouble, holds in found.items() if holds]


def _said(error: Exception) -> str:
    return (
        "the text holds a lone surrogate, which is no character"
        if isinstance(error, UnicodeEncodeError)
        else str(error)
    )
