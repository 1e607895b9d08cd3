"""The root of every error that a person is meant to read, and what makes a record undecidable."""

from typing import Literal, get_args

DeadLetterCode = Literal[
    "not-utf8",  # the value is not UTF-8
    "not-json",  # the value is UTF-8 but not JSON
    "too-deep",  # the JSON is nested deeper than MAX_DEPTH
    "wrong-shape",  # JSON, but not of the record's shape; the error text names the field
    "id-missing",  # no id in the value, or a deletion without a key
    "id-too-long",  # the id is longer than MAX_ID_CHARACTERS
]
DEAD_LETTER_CODES: tuple[DeadLetterCode, ...] = get_args(DeadLetterCode)


class JikimiError(Exception):
    """Base of all errors meant for a user: the message says the value, the limit and the mend; no traceback is shown."""


class InvalidRecordError(JikimiError):
    """A record that can't be decided: `code` is one of DEAD_LETTER_CODES, the message never quotes the post."""

    def __init__(self, code: DeadLetterCode, message: str) -> None:
        super().__init__(message)
        self.code = code
