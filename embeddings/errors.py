"""What can go wrong between a text and a match."""

from contracts.errors import JikimiError


class EncoderError(JikimiError):
    """The encoder can't be loaded, or gave something that is no vector."""


class BankError(JikimiError):
    """The exemplar bank can't be read or written."""


class ExemplarError(JikimiError):
    """An exemplar that can't be accepted as it is."""
