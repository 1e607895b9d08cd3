"""One Kafka broker in KRaft mode, its jars resolved from Maven's central repository."""

import os
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from jikimi.errors import LocalStackError
from jikimi.local import ports, process
from jikimi.local.java import find_java

KAFKA_VERSION = "4.1.1"
ARTIFACT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
FORMAT_LIMIT_SECONDS = 60
START_LIMIT_SECONDS = 90  # measured: 4 to 10 s; a laptop under load takes several times that
HEAP = ("-Xms256m", "-Xmx768m")


def start(folder: Path, port: int, controller_port: int) -> process.ServerProcess:
    """Start a broker that keeps its log in `folder`, and wait until it answers. Raises LocalStackError."""
    java, classpath = find_java(), resolve_classpath()
    data = folder / "kafka"
    data.mkdir(parents=True, exist_ok=True)
    properties = folder / "kafka.properties"
    properties.write_text(server_properties(data, port, controller_port))
    if not (data / "meta.properties").exists():
        _format(java, classpath, properties)
    command: list[str | Path] = [java, *HEAP, "-cp", classpath, "kafka.Kafka", properties]
    server = process.start("Kafka", command, folder / "kafka.log")
    try:
        server.wait_until(lambda: _answers(f"{ports.HOST}:{port}"), START_LIMIT_SECONDS)
    except BaseException:
        server.stop()
        raise
    return server


def resolve_classpath() -> str:
    """The broker's class path; the first call downloads about 110 MB of jars. Raises LocalStackError without a network."""
    import jgo  # noqa: PLC0415  # 0.3 s to import, needed only where a broker is started

    try:
        jars = jgo.build(ARTIFACT).all_jars
    except Exception as error:  # noqa: BLE001  # the resolver raises whatever its HTTP client and its parser raise
        mend = "connect to a network (or a Maven mirror set in jgo's configuration) once; the jars are kept for later"
        raise LocalStackError(
            f"Kafka {KAFKA_VERSION} can't be fetched ({type(error).__name__}: {error}); {mend}"
        ) from None
    return os.pathsep.join(str(jar) for jar in jars)


def server_properties(data: Path, port: int, controller_port: int) -> str:
    """A broker's configuration: one node, so that every internal topic has one replica."""
    values = {
        "node.id": "1",
        "process.roles": "broker,controller",
        "listeners": f"PLAINTEXT://{ports.HOST}:{port},CONTROLLER://{ports.HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{ports.HOST}:{port}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@{ports.HOST}:{controller_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        # Transactions of a dead worker are found and ended by this sweep; the default of 10 s would stall readers that long.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "group.initial.rebalance.delay.ms": "0",
    }
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _format(java: Path, classpath: str, properties: Path) -> None:
    cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    command: list[str | Path] = [
        java,
        "-cp",
        classpath,
        "kafka.tools.StorageTool",
        "format",
        f"--cluster-id={cluster_id}",  # in one word: one id in 64 begins with a hyphen
        "-c",
        properties,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=FORMAT_LIMIT_SECONDS)  # noqa: S603
    except subprocess.SubprocessError as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise LocalStackError(f"Kafka's log folder can't be formatted: {said[-1] if said else error}") from None


def wait_until_answers(bootstrap_servers: str, limit_seconds: float) -> None:
    """Return once a broker answers there. Raises LocalStackError after the limit."""
    deadline = time.monotonic() + limit_seconds
    while not _answers(bootstrap_servers):
        if time.monotonic() > deadline:
            raise LocalStackError(f"no Kafka broker answered at {bootstrap_servers} within {limit_seconds:.0f} s")
        time.sleep(0.1)


def _answers(bootstrap_servers: str) -> bool:
    try:
        client = KafkaAdminClient(bootstrap_servers=bootstrap_servers, bootstrap_timeout_ms=1000)
    except KafkaError:
        return False
    try:
        return bool(client.describe_cluster()["brokers"])
    except KafkaError:
        return False
    finally:
        client.close()
