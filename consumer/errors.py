"""What stops a worker, and the exit codes that say so."""

from contracts.errors import JikimiError

EXIT_FAILED = 1
EXIT_FENCED = 3
EXIT_STUCK = 4  # set by the watchdog, past every handler


class ConsumerError(JikimiError):
    """Base of what can go wrong between the topics and the scorer."""

    exit_code = EXIT_FAILED


class KafkaError(ConsumerError):
    """Kafka can't be reached, or refuses."""


class TopicError(KafkaError):
    """A topic is missing, or is not as documented."""


class TransactionFailedError(KafkaError):
    """One transaction did not come to be; its records are read again. The worker goes on with a new producer."""


class FencedError(KafkaError):
    """Another live process has this worker's transactional id. The process must end (rule 7 of the decision record)."""

    exit_code = EXIT_FENCED


class UnreadableBatchError(KafkaError):
    """The Kafka client can't decode a batch of a partition; the message names partition, offset and the mend."""


class ScorerStartError(ConsumerError):
    """The process that scores did not come up."""


class OwnFailuresError(ConsumerError):
    """Too many posts in a row could not be scored by our fault."""


class SlotError(ConsumerError):
    """The worker slot asked for is held by another process, or its folder can't be used."""
