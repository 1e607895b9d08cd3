"""Every metric of a worker, in one typed list; docs/metrics.md explains each, and a test holds the two together."""

from typing import Literal, NamedTuple

CounterName = Literal[
    "jikimi_posts_total",
    "jikimi_deletions_total",
    "jikimi_feedback_total",
    "jikimi_decisions_total",
    "jikimi_flagged_labels_total",
    "jikimi_flags_total",
    "jikimi_dead_letters_total",
    "jikimi_degraded_total",
    "jikimi_key_mismatches_total",
    "jikimi_headers_cut_total",
    "jikimi_batches_total",
    "jikimi_transactions_failed_total",
    "jikimi_rebalances_total",
    "jikimi_recoveries_total",
    "jikimi_scorer_restarts_total",
]
GaugeName = Literal[
    "jikimi_ready",
    "jikimi_assigned_partitions",
    "jikimi_lag_records",
    "jikimi_batches_in_flight",
    "jikimi_scorer_memory_bytes",
    "jikimi_bank_exemplars",
    "jikimi_bank_version_milliseconds",
    "jikimi_bank_age_seconds",
    "jikimi_bank_stale",
    "jikimi_max_action",
    "jikimi_release_info",
]
HistogramName = Literal[
    "jikimi_stage_seconds",
    "jikimi_batch_records",
    "jikimi_batch_fill_ratio",
    "jikimi_latency_seconds",
    "jikimi_exemplar_delay_seconds",
]
Stage = Literal["decode", "score", "publish"]


class Definition(NamedTuple):
    """What a metric counts, and by which labels."""

    help: str
    labels: tuple[str, ...] = ()


COUNTERS: dict[CounterName, Definition] = {
    "jikimi_posts_total": Definition("posts decided, deletions not among them"),
    "jikimi_deletions_total": Definition("deletions of posts"),
    "jikimi_feedback_total": Definition("verdicts of moderators turned into flags"),
    "jikimi_decisions_total": Definition("decisions, by action and community", ("action", "community")),
    "jikimi_flagged_labels_total": Definition(
        "labels of decisions that are not allow", ("action", "label", "community")
    ),
    "jikimi_flags_total": Definition("records on the flags topic, by cause", ("cause",)),
    "jikimi_dead_letters_total": Definition("records that could not be read, by code", ("code",)),
    "jikimi_degraded_total": Definition("decisions made with something missing, by what", ("reason",)),
    "jikimi_key_mismatches_total": Definition("posts whose key is not their id"),
    "jikimi_headers_cut_total": Definition("records with more headers than can travel on"),
    "jikimi_batches_total": Definition("micro-batches committed"),
    "jikimi_transactions_failed_total": Definition("transactions that failed and whose records were read again"),
    "jikimi_rebalances_total": Definition("generations of the group that this worker joined"),
    "jikimi_recoveries_total": Definition("times this worker went back to what is committed within a generation"),
    "jikimi_scorer_restarts_total": Definition("times a scoring process was killed or died, and was started again"),
}
GAUGES: dict[GaugeName, Definition] = {
    "jikimi_ready": Definition("1 where a check of the readiness holds, 0 where it fails", ("check",)),
    "jikimi_assigned_partitions": Definition("partitions that are this worker's"),
    "jikimi_lag_records": Definition("records not read yet, of a partition of this worker's", ("topic", "partition")),
    "jikimi_batches_in_flight": Definition("micro-batches between source and commit"),
    "jikimi_scorer_memory_bytes": Definition("resident memory of the scoring processes, in sum"),
    "jikimi_bank_exemplars": Definition("exemplars in the bank"),
    "jikimi_bank_version_milliseconds": Definition(
        "when the newest change in the bank was made, Redis time since 1970"
    ),
    "jikimi_bank_age_seconds": Definition("time since the bank last heard from Redis"),
    "jikimi_bank_stale": Definition("1 while the bank can't follow Redis"),
    "jikimi_max_action": Definition(
        "1 for the strongest action that the kill switch allows, 0 for others", ("action",)
    ),
    "jikimi_release_info": Definition("1 for the release in use", ("release",)),
}
HISTOGRAMS: dict[HistogramName, tuple[Definition, tuple[float, ...]]] = {
    "jikimi_stage_seconds": (
        Definition("time of one micro-batch in a stage", ("stage",)),
        (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    ),
    "jikimi_batch_records": (Definition("records in a micro-batch"), (1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500)),
    "jikimi_batch_fill_ratio": (
        Definition("records in a micro-batch as a share of the most it may hold"),
        (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1),
    ),
    "jikimi_latency_seconds": (
        Definition("from the record's timestamp to the commit of its decision"),
        (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600),
    ),
    "jikimi_exemplar_delay_seconds": (
        Definition("from the writing of a change of the bank to its effect in this worker"),
        (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
    ),
}
