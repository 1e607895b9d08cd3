"""Settings of the Kafka clients and of the worker."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from contracts import topics

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class KafkaSettings(BaseModel):
    """Where Kafka is, and how to get in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap_servers: str = Field(
        default="127.0.0.1:9092", min_length=1, description="`host:port` of one broker or several, separated by commas"
    )
    security_protocol: Protocol = Field(default="PLAINTEXT", description="how connections are secured")
    ca_file: str | None = Field(
        default=None, description="PEM file with the authorities to trust; the system's where not given"
    )
    certificate_file: str | None = Field(
        default=None, description="PEM file with this client's certificate, for mutual TLS"
    )
    key_file: str | None = Field(default=None, description="PEM file with this client's private key, for mutual TLS")
    key_password: SecretStr | None = Field(default=None, description="password of the private key; secret")
    sasl_mechanism: Mechanism = Field(default="SCRAM-SHA-512", description="used where the protocol is one of SASL")
    sasl_username: str | None = Field(default=None, description="user name for SASL")
    sasl_password: SecretStr | None = Field(default=None, description="password for SASL; secret")
    connect_timeout_ms: int = Field(
        default=10_000,
        ge=100,
        le=120_000,
        description="limit for finding the cluster when a client is made, in milliseconds",
    )

    @model_validator(mode="after")
    def _sasl_is_complete(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise ValueError(f"{self.security_protocol} needs sasl_username and sasl_password")
        return self


class TopicNames(BaseModel):
    """The names of the topics, where a cluster has names of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    posts: str = Field(default=topics.POSTS, min_length=1, max_length=249, description="posts in")
    decisions: str = Field(default=topics.DECISIONS, min_length=1, max_length=249, description="decisions out")
    flags: str = Field(default=topics.FLAGS, min_length=1, max_length=249, description="flags out")
    feedback: str = Field(default=topics.FEEDBACK, min_length=1, max_length=249, description="moderators' verdicts in")
    dead_letters: str = Field(
        default=topics.DEAD_LETTERS, min_length=1, max_length=249, description="unreadable records out"
    )

    @property
    def sources(self) -> tuple[str, str]:
        """The topics a worker reads."""
        return self.posts, self.feedback

    def role(self, topic: topics.Topic) -> str:
        """The name used here for one of `contracts.topics.TOPICS`."""
        names = {
            topics.POSTS: self.posts,
            topics.DECISIONS: self.decisions,
            topics.FLAGS: self.flags,
            topics.FEEDBACK: self.feedback,
            topics.DEAD_LETTERS: self.dead_letters,
        }
        return names[topic.name]


class WorkerSettings(BaseModel):
    """One worker of the stream."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str = Field(
        default="jikimi", min_length=1, max_length=200, description="consumer group; workers share its partitions"
    )
    topics: TopicNames = Field(default_factory=TopicNames, description="names of the topics")
    slot: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="name of this worker in the group, held by one live process at a time (an ordinal, say); "
        "found by the worker itself where not given",
    )
    slot_folder: str | None = Field(
        default=None,
        description="folder of the slots' lock files; a private folder in the temporary folder where not given",
    )
    batch_size: int = Field(
        default=1_000,
        ge=1,
        le=10_000,
        description="records in a micro-batch at most; one of over 8 MB is closed before",
    )
    batch_age_ms: int = Field(
        default=20, ge=0, le=10_000, description="a micro-batch is closed at this age, in milliseconds"
    )
    queued_batches: int = Field(default=1, ge=1, le=16, description="micro-batches that wait before each stage at most")
    session_timeout_ms: int = Field(
        default=10_000,
        ge=6_000,
        le=300_000,
        description="a worker silent for so long loses its partitions, in milliseconds",
    )
    max_poll_interval_ms: int = Field(
        default=120_000,
        ge=10_000,
        le=3_600_000,
        description="a worker that does not poll for so long leaves, in milliseconds",
    )
    transaction_timeout_ms: int = Field(
        default=12_000,
        ge=10_000,
        le=15_000,
        description="the broker ends a transaction left open for so long, in milliseconds",
    )
    publish_limit_seconds: float = Field(
        default=30.0, ge=15.0, le=600.0, description="a Kafka transaction older than this ends the process"
    )
    scorers: int = Field(
        default=2,
        ge=1,
        le=64,
        description="processes that share the scoring of a micro-batch, each with encoder and bank of its own; "
        "no more are started than the machine has cores",
    )
    score_limit_seconds: float = Field(
        default=600.0,
        gt=0.0,
        le=3_600.0,
        description="a micro-batch not scored for so long, restarts of the scorer included, ends the process",
    )
    score_batch_limit_seconds: float = Field(
        default=20.0,
        gt=0.0,
        le=600.0,
        description="a scorer that takes longer for a micro-batch is killed and started again; its posts are then scored one by one",
    )
    score_post_limit_seconds: float = Field(
        default=5.0, gt=0.0, le=600.0, description="a single post on which the scorer takes longer goes to review"
    )
    score_start_limit_seconds: float = Field(
        default=120.0, gt=0.0, le=3_600.0, description="the scorer loads release and bank within this time"
    )
    outage_limit_seconds: float = Field(
        default=300.0, ge=0.0, le=86_400.0, description="a worker that can't publish for so long stops with an error"
    )
    own_failures_limit: int = Field(
        default=200, ge=1, le=1_000_000, description="posts in a row that fail by our own fault before the worker stops"
    )
    shutdown_limit_seconds: float = Field(
        default=20.0, gt=0.0, le=600.0, description="time to finish what is in flight after SIGTERM"
    )
    health_address: str = Field(default="127.0.0.1", min_length=1, description="address of the health endpoint")
    health_port: int = Field(
        default=0, ge=0, le=65_535, description="port of the health endpoint; 0 takes a free one, which the log names"
    )
