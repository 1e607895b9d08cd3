"""The demo keeps what it promises, and leaves nothing behind."""

import json
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.integration.jikimi.cli import Cli


@pytest.fixture
def alone(tmp_path: Path) -> Cli:
    """The command line with servers configured that must not be touched: nothing listens there."""
    cli = Cli("127.0.0.1:1", "redis://127.0.0.1:1/0", tmp_path)
    (tmp_path / "tmp").mkdir()
    cli.environment["TMPDIR"] = str(tmp_path / "tmp")
    return cli


def test_the_last_line_is_the_documented_object(alone: Cli) -> None:
    """One decision for each post, every broken record a dead letter, flags shown on stderr with their exemplars."""
    done = alone.run("demo", "--json")
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary.keys() == {"posts", "decisions", "flags", "dead_letters", "posts_per_second", "latency_ms"}
    assert summary["posts"] == summary["decisions"] > 700
    assert summary["dead_letters"] == 11
    assert summary["flags"] > 100
    assert 0 < summary["latency_ms"]["p50"] <= summary["latency_ms"]["p99"]
    assert summary["posts_per_second"] > 0
    shown = [line for line in done.stderr.splitlines() if line.startswith(("review", "hide"))]
    assert any("ex-" in line for line in shown)
    assert_nothing_left(alone)


def test_ctrl_c_ends_it_and_leaves_nothing(alone: Cli) -> None:
    """In the middle of the streaming: exit 130, no server, no folder, no traceback."""
    with alone.running("demo", "--seconds", "300") as demo:
        log = alone.folder / "stderr.log"
        deadline = time.monotonic() + 120
        while "streaming" not in log.read_text():
            assert demo.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 130
    assert "Traceback" not in log.read_text()
    assert_nothing_left(alone)


def assert_nothing_left(cli: Cli) -> None:
    """No process that knows the demo's folder, and the folder gone."""
    assert list((cli.folder / "tmp").glob("jikimi-demo-*")) == []
    left = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in left if str(cli.folder / "tmp") in " ".join(command or [])]
