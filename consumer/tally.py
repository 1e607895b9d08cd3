"""Counts what a committed micro-batch held."""

import time
from collections import Counter
from collections.abc import Iterable

from consumer.decode import Item
from consumer.headers import exceed_limit
from consumer.intake import Batch
from consumer.metric_list import CounterName
from consumer.metrics import Metrics
from contracts.decision import Decision
from contracts.errors import InvalidRecordError
from contracts.feedback import Feedback
from contracts.flag import Cause
from contracts.post import Deletion, Post


def count_committed(metrics: Metrics, batch: Batch, batch_size: int, causes: Iterable[Cause]) -> None:
    """Add a committed batch, which might have held `batch_size` records, to the counters; `causes` are those of its flags."""
    decisions = [each for each in batch.decisions if each is not None]
    _count_kinds(metrics, batch.items)
    _count_decisions(metrics, decisions)
    _count_by(metrics, "jikimi_flags_total", [(each,) for each in causes])
    metrics.count("jikimi_batches_total")
    metrics.observe("jikimi_batch_records", [len(batch.items)])
    metrics.observe("jikimi_batch_fill_ratio", [len(batch.items) / batch_size])
    now_ms = time.time() * 1000
    metrics.observe(
        "jikimi_latency_seconds", [max(0.0, now_ms - each.record.timestamp_ms) / 1000 for each in batch.items]
    )


def _count_kinds(metrics: Metrics, items: list[Item]) -> None:
    kinds = Counter(type(each.content) for each in items)
    metrics.count("jikimi_posts_total", amount=kinds[Post])
    metrics.count("jikimi_deletions_total", amount=kinds[Deletion])
    metrics.count("jikimi_feedback_total", amount=kinds[Feedback])
    metrics.count("jikimi_key_mismatches_total", amount=sum(each.key_differs for each in items))
    metrics.count("jikimi_headers_cut_total", amount=sum(exceed_limit(each.record.headers) for each in items))
    codes = [(each.content.code,) for each in items if isinstance(each.content, InvalidRecordError)]
    _count_by(metrics, "jikimi_dead_letters_total", codes)


def _count_decisions(metrics: Metrics, decisions: list[Decision]) -> None:
    _count_by(metrics, "jikimi_decisions_total", [(each.action, each.community or "") for each in decisions])
    told = [
        (each.action, label, each.community or "")
        for each in decisions
        if each.action != "allow"
        for label in each.flagged
    ]
    _count_by(metrics, "jikimi_flagged_labels_total", told)
    _count_by(metrics, "jikimi_degraded_total", [(reason,) for each in decisions for reason in each.degraded])


def _count_by(metrics: Metrics, name: CounterName, values: Iterable[tuple[str, ...]]) -> None:
    for labels, amount in Counter(values).items():
        metrics.count(name, *labels, amount=amount)
