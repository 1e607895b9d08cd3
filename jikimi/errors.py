"""What can go wrong on the command line and with the local stack."""

from contracts.errors import JikimiError


class LocalStackError(JikimiError):
    """The local Kafka or Redis can't be started or stopped."""


class UsageError(JikimiError):
    """A command was given something it can't work with."""


class ConfigurationError(JikimiError):
    """A setting is unknown, or has a value that can't be."""


class HealthError(JikimiError):
    """No worker answers where one should."""


class DemoError(JikimiError):
    """The demo's worker did not start, or ended."""
