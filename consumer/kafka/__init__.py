"""All Kafka client code. Outside this package nobody touches kafka-python, whose objects carry no types."""

from consumer.kafka.admin import Lag, TopicState, create_topics, group_lag, topic_differences
from consumer.kafka.group import GroupConsumer
from consumer.kafka.header_keys import accept_any_header_key
from consumer.kafka.plain import PlainProducer
from consumer.kafka.reader import Reader
from consumer.kafka.transactional import TransactionalProducer
from consumer.kafka.types import Membership, Outgoing, Partition, Record

accept_any_header_key()

__all__ = [
    "GroupConsumer",
    "Lag",
    "Membership",
    "Outgoing",
    "Partition",
    "PlainProducer",
    "Reader",
    "Record",
    "TopicState",
    "TransactionalProducer",
    "create_topics",
    "group_lag",
    "topic_differences",
]
