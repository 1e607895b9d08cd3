"""A moderation pipeline in 20 lines: read the flags topic, fold it, act when the state of a post changes."""

import sys

import msgspec
from kafka import KafkaConsumer

from contracts.flag import Flag, fold

state: dict[str, Flag] = {}
flags = KafkaConsumer(
    "community.flags",
    bootstrap_servers=sys.argv[1],
    isolation_level="read_committed",  # else flags of transactions that never happened are read too
    auto_offset_reset="earliest",  # the topic keeps 30 days; begin where your own store ends
    consumer_timeout_ms=5_000,  # leave this out to wait for ever
)
for record in flags:
    flag = msgspec.json.decode(record.value, type=Flag)
    held = state.get(flag.post_id)
    state |= fold([held, flag] if held else [flag])
    if state[flag.post_id] != held:
        print(flag.post_id, "is now", state[flag.post_id].action, *state[flag.post_id].flagged)
