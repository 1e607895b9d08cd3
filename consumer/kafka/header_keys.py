"""A header whose key is not UTF-8 is read as Java clients read it: what can't be decoded becomes U+FFFD.

kafka-python raises instead, for the whole batch: the records around it could then not be read either.
"""

from collections.abc import Callable
from typing import Any, SupportsIndex

from kafka.record.default_records import DefaultRecordBatch


class _Lenient(bytes):
    """Bytes whose slices decode without raising."""

    def __getitem__(self, key: SupportsIndex | slice) -> Any:  # noqa: ANN401  # an int or a slice of this kind, as for bytes
        found = super().__getitem__(key)
        return found if isinstance(found, int) else type(self)(found)

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, errors)


def accept_any_header_key() -> None:
    """Mend the client, for all consumers of this process."""
    DefaultRecordBatch._read_msg = _lenient(DefaultRecordBatch._read_msg)  # noqa: SLF001  # the client offers no public way


def _lenient(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_msg(batch: Any) -> Any:  # noqa: ANN401  # kafka-python has no types
        try:
            return read(batch)
        except UnicodeDecodeError:
            # Nothing of this record was taken yet; the rest of the batch is then read in this way too, at some cost.
            batch._buffer = _Lenient(batch._buffer)  # noqa: SLF001
            return read(batch)

    return read_msg
