"""docker-compose.yml for real: built, started, scaled, taken down and up again, with every post counted.

The tests share one project and go through it in order. `docker-compose build` makes the image once (some GB); later builds
take its layers, so that what is tested is the code as it is.
"""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from consumer.kafka import Outgoing, PlainProducer, Reader
from consumer.settings import KafkaSettings
from contracts import topics
from contracts.decision import Decision, Source
from tests.docker.compose import IMAGE, PROMETHEUS_IMAGE, Project, compose_command, project
from tests.servers import KAFKA_IMAGE, REDIS_IMAGE, engine_has

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(600),
    pytest.mark.skipif(compose_command() is None, reason="neither `docker compose` nor `docker-compose` is installed"),
    pytest.mark.skipif(
        not engine_has(KAFKA_IMAGE, REDIS_IMAGE, PROMETHEUS_IMAGE),
        reason="no Docker engine with the base images answers",
    ),
    pytest.mark.skipif(
        not engine_has(IMAGE), reason=f"{IMAGE} is not built; `docker-compose build` builds it (some GB)"
    ),
]

EXEMPLAR = "하루 두 시간 재택 부업, 일당 삼십 보장합니다. 지금 문의 주세요"


@pytest.fixture(scope="module")
def stack() -> Iterator[Project]:
    """The whole stack with two workers, all healthy."""
    with project() as started:
        started.compose("build", "--quiet")
        started.up()
        yield started


def publish(stack: Project, prefix: str, count: int, text: str = "저녁에 천변 산책하실 분 계신가요") -> None:
    """Put numbered posts on the posts topic and wait until Kafka has them."""
    with PlainProducer(KafkaSettings(bootstrap_servers=stack.bootstrap_servers)) as producer:
        producer.send_all(
            [
                Outgoing(topics.POSTS, post_id.encode(), json.dumps({"id": post_id, "text": text}).encode(), ())
                for post_id in (f"{prefix}-{number}" for number in range(count))
            ]
        )


def decisions(stack: Project) -> list[Decision]:
    """All committed decisions."""
    with Reader(KafkaSettings(bootstrap_servers=stack.bootstrap_servers), topics.DECISIONS) as reader:
        return [msgspec.json.decode(each.value or b"", type=Decision) for each in reader.read_all()]


def prometheus(stack: Project, path: str) -> Any:
    """What Prometheus' HTTP API answers."""
    with urllib.request.urlopen(f"{stack.prometheus}/api/v1/{path}", timeout=10) as answer:  # noqa: S310  # our own
        return json.load(answer)["data"]


def assert_each_is_decided_once(stack: Project, prefixes: dict[str, int]) -> list[Decision]:
    """Wait for as many decisions as posts, then look for any that is missing or doubled."""
    stack.wait_until(lambda: len(decisions(stack)) >= sum(prefixes.values()))
    found = decisions(stack)
    sources: Counter[Source] = Counter(each.source for each in found)
    assert Counter(each.post_id.rpartition("-")[0] for each in found) == prefixes
    assert set(sources.values()) == {1}
    return found


def test_two_workers_decide_every_post_once(stack: Project) -> None:
    """`up` gives a stack that is healthy throughout and decides what is published from this machine."""
    publish(stack, "first", 200)
    assert_each_is_decided_once(stack, {"first": 200})


def test_workers_are_confined(stack: Project) -> None:
    """No root, no writing beside the state and /tmp, no capabilities."""
    assert stack.compose("exec", "-T", "worker", "id", "-u").strip() == "10001"
    for container in stack.containers("worker"):
        host: dict[str, Any] = container.attrs["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
    with pytest.raises(AssertionError, match="Read-only file system"):
        stack.compose("exec", "-T", "worker", "touch", "/opt/jikimi/here")


def test_what_is_kept_has_a_name(stack: Project) -> None:
    """No container, the one that has ended included, leaves a volume behind that nobody finds again."""
    kept = {mount["Name"] for each in stack.containers() for mount in each.attrs["Mounts"] if mount["Type"] == "volume"}
    assert kept == {f"{stack.name}_{volume}" for volume in ("kafka", "redis", "workers")}


def test_prometheus_sees_both_workers_and_has_the_rules(stack: Project) -> None:
    """Both are found by the service's name, every alert is loaded, and none of those for missing workers is raised."""
    stack.wait_until(
        lambda: [each["health"] for each in prometheus(stack, "targets")["activeTargets"]] == ["up", "up"], 60
    )
    rules = {rule["name"] for group in prometheus(stack, "rules")["groups"] for rule in group["rules"]}
    assert "JikimiNoWorker" in rules
    # One that is pending looks at the time before the workers were there.
    alerts = prometheus(stack, "alerts")["alerts"]
    raised = {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}
    assert {"JikimiNoWorker", "JikimiWorkerDown"}.isdisjoint(raised)


def test_scaling_to_four_loses_and_doubles_nothing(stack: Project) -> None:
    """Posts published while workers join are decided once, and the partitions end up shared by all four."""
    publish(stack, "before-scaling", 300)
    stack.up(workers=4)
    publish(stack, "scaled", 300)
    assert_each_is_decided_once(stack, {"first": 200, "before-scaling": 300, "scaled": 300})
    shares = "query?query=jikimi_assigned_partitions>0"
    stack.wait_until(lambda: len(prometheus(stack, shares)["result"]) == 4, 60)


def test_down_and_up_loses_nothing(stack: Project) -> None:
    """Posts published while no worker runs, and exemplars, are there after `down` and `up`; what was decided stays decided once."""
    stack.jikimi("exemplars", "add", "--label", "scam", EXEMPLAR)
    stack.compose("stop", "worker")
    publish(stack, "waiting", 300, text=EXEMPLAR)
    stack.compose("down")
    assert not stack.containers()
    stack.up()
    assert EXEMPLAR in stack.jikimi("exemplars", "list")
    found = assert_each_is_decided_once(stack, {"first": 200, "before-scaling": 300, "scaled": 300, "waiting": 300})
    assert {each.action for each in found if each.post_id.startswith("waiting")} == {"hide"}


def test_workers_that_still_load_end_at_once(stack: Project) -> None:
    """Asked to stop before they listen for it, they end by the signal (143), not by the kill that follows 30 s later (137)."""
    stack.compose("restart", "worker")
    stack.compose("stop", "worker")
    assert set(stack.states()["worker"]) == {"exited 143"}
