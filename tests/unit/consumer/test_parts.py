"""Pipes, the watchdog, slots, settings, logs and metrics."""

import io
import json
import logging
import threading
from pathlib import Path

import pytest
from kafka.errors import KafkaError, ProducerFencedError
from pydantic import ValidationError

from consumer.errors import EXIT_STUCK, SlotError
from consumer.kafka.transactional import shows_fencing
from consumer.logs import JsonFormatter
from consumer.metric_list import COUNTERS, GAUGES, HISTOGRAMS
from consumer.metrics import MAX_LABEL_VALUES, Metrics
from consumer.pipes import InFlight, Pipe
from consumer.settings import KafkaSettings, TopicNames, WorkerSettings
from consumer.slots import hold_slot
from consumer.watchdog import Watchdog
from contracts.topics import TOPICS

DOCUMENT = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_a_pipe_is_bounded_and_keeps_order() -> None:
    """Full is False in time; what went in comes out in order."""
    pipe: Pipe[int] = Pipe(2)
    assert [pipe.put(each, 0.0) for each in (1, 2, 3)] == [True, True, False]
    assert [pipe.get(), pipe.get()] == [1, 2]


def test_a_closed_pipe_gives_what_it_holds_and_takes_nothing() -> None:
    """The rest, then None; a waiting writer is freed."""
    pipe: Pipe[int] = Pipe(1)
    pipe.put(1)
    outcome: list[bool] = []
    writer = threading.Thread(target=lambda: outcome.append(pipe.put(2)))
    writer.start()
    pipe.close()
    writer.join(10)
    assert outcome == [False]
    assert [pipe.get(), pipe.get()] == [1, None]


def test_a_pipe_of_capacity_0_takes_only_what_somebody_waits_for() -> None:
    """Nothing while nobody reads; one item for one reader, and no second."""
    pipe: Pipe[int] = Pipe(0)
    assert not pipe.put(1, 0.0)
    taken: list[int | None] = []
    reader = threading.Thread(target=lambda: taken.append(pipe.get()))
    reader.start()
    assert pipe.put(2, 10.0)
    reader.join(10)
    assert taken == [2]
    assert not pipe.put(3, 0.0)


def test_idle_is_waited_for() -> None:
    """False while something is in flight, True once it is done."""
    in_flight = InFlight()
    in_flight.add()
    assert not in_flight.wait_idle(0.0)
    threading.Timer(0.01, in_flight.done).start()
    assert in_flight.wait_idle(10.0)


def test_the_watchdog_ends_what_takes_too_long() -> None:
    """By a clock of the test's: inside the limit nothing, past it the code, after the block nothing."""
    now = 0.0
    ended: list[int] = []
    watchdog = Watchdog(clock=lambda: now, end_process=ended.append)
    with watchdog.limit("publish", 10.0):
        now = 9.0
        watchdog.check()
        assert ended == []
        now = 11.0
        watchdog.check()
    assert ended == [EXIT_STUCK]
    now = 100.0
    watchdog.check()
    assert ended == [EXIT_STUCK]


def test_slots_of_one_host_are_different_and_come_back(tmp_path: Path) -> None:
    """The first free one is taken; a released one is taken again, with the same id."""
    with hold_slot("g", None, tmp_path) as first:
        with hold_slot("g", None, tmp_path) as second:
            assert first != second
        with hold_slot("g", None, tmp_path) as again:
            assert again == second
    with hold_slot("g", None, tmp_path) as later:
        assert later == first


def test_slots_of_two_folders_never_have_one_id(tmp_path: Path) -> None:
    """Containers on one host's network have one host name; their folders differ, and so do their ids."""
    with hold_slot("g", None, tmp_path / "a") as one, hold_slot("g", None, tmp_path / "b") as other:
        assert one != other


def test_two_containers_that_start_at_once_agree_on_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In both the worker is process 1: one that comes between must not take the other's draft away."""
    link, ids = Path.hardlink_to, []

    def link_after_another(path: Path, target: Path) -> None:
        monkeypatch.undo()
        with hold_slot("g", None, tmp_path) as held:
            ids.append(held)
        link(path, target)

    monkeypatch.setattr(Path, "hardlink_to", link_after_another)
    with hold_slot("g", None, tmp_path) as held:
        assert [held] == ids


def test_a_named_slot_is_held_once(tmp_path: Path) -> None:
    """The id is group and name on every host; a second holder is refused."""
    with hold_slot("g", "7", tmp_path) as held:
        assert held == "g-7"
        with pytest.raises(SlotError, match="slot 7 of group g"), hold_slot("g", "7", tmp_path):
            pass
        with hold_slot("h", "7", tmp_path) as other_group:
            assert other_group == "h-7"


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """With the setting that mends it."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SlotError, match="slot_folder"), hold_slot("g", None, blocked / "slots"):
        pass


def test_fencing_is_seen_through_wrapping() -> None:
    """By type, as an argument, as a cause, or only as text."""
    wrapped = KafkaError("cannot", ProducerFencedError())
    caused = RuntimeError("outer")
    caused.__cause__ = wrapped
    only_text = KafkaError("because we are in an error state: [Error 90] ProducerFencedError")
    assert all(shows_fencing(each) for each in (ProducerFencedError(), wrapped, caused, only_text))
    assert not shows_fencing(KafkaError("CommitFailedError"))


def test_settings_refuse_what_cannot_work() -> None:
    """SASL without a password, an unknown key, a transaction time-out outside 10 to 15 s."""
    with pytest.raises(ValidationError, match="sasl_username"):
        KafkaSettings(security_protocol="SASL_SSL")
    with pytest.raises(ValidationError, match="extra"):
        WorkerSettings.model_validate({"bach_size": 1})
    with pytest.raises(ValidationError, match="15000"):
        WorkerSettings(transaction_timeout_ms=60_000)


def test_secrets_are_not_printed() -> None:
    """Neither in the representation nor in a dump."""
    settings = KafkaSettings(security_protocol="SASL_SSL", sasl_username="u", sasl_password="hunter2")  # type: ignore[arg-type]  # noqa: S106
    assert "hunter2" not in repr(settings) + settings.model_dump_json()


def test_every_topic_has_a_name_of_its_own() -> None:
    """Each documented topic has a role in the settings, by default under its documented name."""
    assert {TopicNames().role(topic) for topic in TOPICS} == {topic.name for topic in TOPICS}
    assert len(TOPICS) == len(TopicNames.model_fields)


def test_logs_are_lines_of_json_with_what_was_given() -> None:
    """Time, level, logger, message, extras; a Korean text stays readable."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    record = logging.getLogger("test").makeRecord(
        "test", logging.WARNING, "", 0, "처음 %s", ("하나",), None, extra={"post_id": "p"}
    )
    handler.handle(record)
    line = json.loads(out.getvalue())
    assert (line["message"], line["level"], line["post_id"]) == ("처음 하나", "warning", "p")


def test_every_metric_is_documented_and_nothing_else() -> None:
    """docs/metrics.md has a row for each metric, with its kind and labels, and no other."""
    definitions: dict[str, tuple[str, tuple[str, ...]]] = {
        **{name: ("counter", each.labels) for name, each in COUNTERS.items()},
        **{name: ("gauge", each.labels) for name, each in GAUGES.items()},
        **{name: ("histogram", each.labels) for name, (each, _) in HISTOGRAMS.items()},
    }
    rows = [line.split("|")[1:4] for line in DOCUMENT.read_text().splitlines() if line.startswith("| `jikimi_")]
    documented = {
        name.strip(" `"): (kind.strip(), tuple(each.strip(" `") for each in labels.split(",") if each.strip()))
        for name, kind, labels in rows
    }
    assert documented == definitions
    assert len(rows) == len(definitions)


def test_label_values_are_bounded() -> None:
    """Past the limit, further values of a label count together as "other"; the other labels of the metric are not touched."""
    metrics = Metrics()
    for number in range(MAX_LABEL_VALUES + 5):
        metrics.count("jikimi_decisions_total", "allow", f"board-{number}")
    text = metrics.text().decode()
    assert 'jikimi_decisions_total{action="allow",community="other"} 5.0' in text
    assert text.count("jikimi_decisions_total{") == MAX_LABEL_VALUES + 1
