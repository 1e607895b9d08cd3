"""The headers that a dead letter adds to the headers of the record it keeps."""

PREFIX = "jikimi-"
SOURCE_TOPIC = "jikimi-source-topic"
SOURCE_PARTITION = "jikimi-source-partition"
SOURCE_OFFSET = "jikimi-source-offset"
ERROR_CODE = "jikimi-error-code"
ERROR_TEXT = "jikimi-error-text"
FAILED_AT = "jikimi-failed-at"
ATTEMPTS = "jikimi-attempts"
CUT_FROM = "jikimi-cut-from"  # the value's original length in bytes, only where it was cut
HEADERS_CUT = "jikimi-headers-cut"  # how many headers of the record are missing, only where they were over the limit

HEADERS: dict[str, str] = {
    SOURCE_TOPIC: "topic of the record, UTF-8",
    SOURCE_PARTITION: "partition of the record, decimal",
    SOURCE_OFFSET: "offset of the record, decimal",
    ERROR_CODE: "one of the codes of contracts.errors",
    ERROR_TEXT: "what is wrong and how to mend it; never the post's text",
    FAILED_AT: "RFC 3339 UTC",
    ATTEMPTS: "how often the record was tried, decimal, from 1",
    CUT_FROM: "length of the original value in bytes where it was cut",
    HEADERS_CUT: "how many of the record's headers are missing, where they were over 65,536 bytes in sum",
}

MAX_VALUE_BYTES = 512 * 1024  # half of Kafka's default max.message.bytes, so that headers never push a letter over it

MAX_ATTEMPTS = 3  # so often a record is tried; then it is parked, and `jikimi dead-letters replay` leaves it alone

REPLAYED_SUFFIX = ".replayed"
"""Appended to the name of the dead letters' topic: the topic with a receipt for each letter that was replayed."""
