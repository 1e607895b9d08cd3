"""What can go wrong between a text and a decision."""

from contracts.errors import JikimiError


class ClassifierError(JikimiError):
    """Base of all errors of this package."""


class ReleaseError(ClassifierError):
    """A release that can't be loaded, or that does not fit the encoder given."""


class HeadError(ClassifierError):
    """A head that can't be read, or gave something that is no probability."""


class PolicyError(ClassifierError):
    """A policy file that says something nobody can act on."""


class DataError(ClassifierError):
    """Data to train or evaluate on that is missing or not as described."""
