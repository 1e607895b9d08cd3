"""The local stack on real ports, with real servers."""

import socket
import uuid
from pathlib import Path

import pytest

from jikimi.errors import LocalStackError
from jikimi.local import java, kafka, ports, stack
from tests.servers import Servers


def test_the_servers_of_this_run_answer(running_servers: Servers, redis_url: str) -> None:
    """The fixtures give addresses at which something listens."""
    host, _, port = running_servers.bootstrap_servers.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5):
        assert redis_url.startswith("redis")


def test_up_twice_gives_the_same_stack_and_down_stops_it(tmp_path: Path) -> None:
    """A second `up` starts nothing; `down` ends the processes; a second `down` finds nothing."""
    first = stack.up(tmp_path, 0, 0)
    try:
        assert stack.up(tmp_path, 0, 0) == first
        assert first.running()
    finally:
        assert stack.down(tmp_path)
    assert not first.running()
    assert not stack.down(tmp_path)


def test_a_taken_port_is_named_with_the_mend(tmp_path: Path) -> None:
    """Port taken: the message names the port and the option."""
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalStackError, match=rf"port {port} .*--kafka-port"):
            stack.up(tmp_path, port, 0)


def test_an_old_java_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Java 8 on the path is not taken: the packaged one is."""
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_392\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert java.java_version(old) == 8
    assert java.find_java() != old
    assert (java.java_version(java.find_java()) or 0) >= java.OLDEST_JAVA


def test_an_id_that_begins_with_a_hyphen_is_no_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cluster id in 64 does; Kafka's tool must not take it for an option."""
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(bytes=b"\xf8" * 16))
    properties = tmp_path / "kafka.properties"
    properties.write_text(kafka.server_properties(tmp_path / "data", 9092, 9093))
    kafka._format(java.find_java(), kafka.resolve_classpath(), properties)
    assert "cluster.id=-" in (tmp_path / "data" / "meta.properties").read_text()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file where the folder should be: the message names it and the option."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(LocalStackError, match="--dir"):
        stack.up(blocked / "stack", 0, 0)


def test_a_full_disk_is_named_with_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room: the message says how much there is and how much it takes."""
    monkeypatch.setattr(stack, "NEEDED_DISK_BYTES", 2**62)
    with pytest.raises(LocalStackError, match=r"MiB free, the local stack needs"):
        stack.up(tmp_path, 0, 0)
