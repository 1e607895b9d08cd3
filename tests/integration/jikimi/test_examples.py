"""The programs shown in the documentation do what is said of them."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from consumer.kafka import Outgoing, PlainProducer, create_topics
from consumer.settings import KafkaSettings, TopicNames
from contracts.codec import encode
from contracts.decision import Source
from contracts.flag import Flag
from contracts.topics import FLAGS

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs/examples/read_flags.py"


def flag(post_id: str, revision: int, action: str) -> Flag:
    """A flag as a worker would publish it."""
    return msgspec.convert(
        {
            "post_id": post_id,
            "revision": revision,
            "community": None,
            "source": Source("community.posts", 0, revision),
            "action": action,
            "flagged": ["scam"] if action == "hide" else [],
            "labels": {},
            "reasons": [],
            "evidence": [],
            "release": "r",
            "bank": "0-0",
            "degraded": [],
            "decided_at": datetime(2026, 1, 1, tzinfo=UTC),
            "cause": "post",
            "cause_id": f"community.posts/0/{revision}",
        },
        Flag,
        from_attributes=True,
    )


def test_the_reader_of_the_readme_folds_flags(kafka: str) -> None:
    """The edit clears the flag, and the older revision that comes late changes nothing."""
    settings = KafkaSettings(bootstrap_servers=kafka)
    create_topics(settings, TopicNames(), partitions=1)
    with PlainProducer(settings) as producer:
        for revision, action in [(0, "hide"), (1, "allow"), (0, "hide")]:
            producer.send_all([Outgoing(FLAGS, b"example-1", encode(flag("example-1", revision, action)))])
    said = subprocess.run(
        [sys.executable, EXAMPLE, kafka], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    lines = [line for line in said.stdout.splitlines() if line.startswith("example-1 ")]
    assert lines == ["example-1 is now hide scam", "example-1 is now allow"]


def test_the_readme_shows_that_reader() -> None:
    """What is printed in both READMEs is the tested file."""
    code = EXAMPLE.read_text().partition('"""\n\n')[2]
    assert len(code.splitlines()) <= 24
    for name in ("README.md", "README.ko.md"):
        assert code.strip() in (ROOT / name).read_text(), name
