"""A record that can't be read, kept as it came with headers that say why."""

from consumer.headers import carried
from consumer.kafka.types import Headers, Outgoing, Record
from contracts import dead_letter
from contracts.errors import InvalidRecordError
from contracts.times import utc_now

MAX_KEY_BYTES = 4 * 1024  # eight times the longest key a post can have in UTF-8


def dead_letter_of(record: Record, error: InvalidRecordError, topic: str) -> Outgoing:
    """The letter for `record`. Key, value and headers are cut where together they could pass the broker's limit.

    A record with neither key nor value becomes one with an empty value: the client can't send nothing.
    """
    value, key = record.value, record.key
    if value is None and key is None:
        value = b""
    attempts = _attempts(record.headers)
    kept = carried(tuple(each for each in record.headers if not each[0].startswith(dead_letter.PREFIX)))
    own = {
        dead_letter.SOURCE_TOPIC: record.partition.topic,
        dead_letter.SOURCE_PARTITION: str(record.partition.partition),
        dead_letter.SOURCE_OFFSET: str(record.offset),
        dead_letter.ERROR_CODE: error.code,
        dead_letter.ERROR_TEXT: str(error),
        dead_letter.FAILED_AT: utc_now().isoformat(),
        dead_letter.ATTEMPTS: str(attempts + 1),
    }
    if value is not None and len(value) > dead_letter.MAX_VALUE_BYTES:
        own[dead_letter.CUT_FROM] = str(len(value))
        value = value[: dead_letter.MAX_VALUE_BYTES]
    headers = kept + tuple((name, text.encode()) for name, text in own.items())
    return Outgoing(topic, None if key is None else key[:MAX_KEY_BYTES], value, headers)


def _attempts(headers: Headers) -> int:
    for name, value in headers:
        if name == dead_letter.ATTEMPTS and value.isdigit() and len(value) < 7:
            return int(value)
    return 0
