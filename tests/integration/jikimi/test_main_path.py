"""The main path through the command line: publish, worker, exemplars, tail, health."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jikimi.local import ports
from tests.integration.jikimi.cli import Cli

TEXT = "부평역 앞 단기알바 구해요, 하루 15만원 바로 입금. 카톡 albaking77 으로 연락 주세요"
NORMAL = "오늘 산책하다가 본 노을이 정말 예뻤어요. 다들 보셨나요?"
READY_SECONDS = 90
EFFECTIVE_SECONDS = 20  # the promise is one second; a loaded machine may take longer to read a topic twice


@contextmanager
def running_worker(cli: Cli) -> Iterator[str]:
    """A worker that is ready; gives the address of its health endpoint."""
    port = str(ports.claim(0, "the worker", "--url"))
    url = f"http://127.0.0.1:{port}"
    with cli.running("worker", JIKIMI_WORKER__HEALTH_PORT=port) as worker:
        deadline = time.monotonic() + READY_SECONDS
        while not _ready(cli, url):
            assert worker.poll() is None, (cli.folder / "stderr.log").read_text()
            assert time.monotonic() < deadline, (cli.folder / "stderr.log").read_text()
        yield url
    assert worker.returncode == 0, (cli.folder / "stderr.log").read_text()


def publish(cli: Cli, **texts: str) -> None:
    """Posts by id."""
    lines = "".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in texts.items())
    (cli.folder / "posts.jsonl").write_text(lines)
    cli.run("publish", "posts.jsonl")


def decisions(cli: Cli, wanted: int) -> dict[str, dict[str, Any]]:
    """The first `wanted` decisions by post id."""
    found = cli.json_lines("decisions", "tail", "--from-beginning", "--limit", str(wanted), "--json")
    return {each["post_id"]: each for each in found}


def test_an_exemplar_added_by_hand_works_in_a_running_worker(cli: Cli) -> None:
    """Allowed before; flagged by that exemplar after; allowed again once it is disabled. Nothing is restarted."""
    with running_worker(cli):
        publish(cli, before=TEXT)
        assert not _matched(decisions(cli, 1)["before"])
        cli.run("exemplars", "add", "--id", "ex-alba", "--label", "job", TEXT)
        assert _matched(_decided_until(cli, "after", matched=True))
        cli.run("exemplars", "disable", "ex-alba")
        assert not _matched(_decided_until(cli, "later", matched=False))
        flags = cli.json_lines("flags", "tail", "--from-beginning", "--until-caught-up", "--json")
        flagged = [each for each in flags if each["reasons"] and each["reasons"][0].get("exemplar_id") == "ex-alba"]
        assert flagged
        assert {each["text"] for each in flagged} == {TEXT}
        shown = cli.run("flags", "tail", "--from-beginning", "--until-caught-up").stdout
        assert "ex-alba" in shown
        assert "부평역" in shown


def test_every_post_is_decided_once(cli: Cli) -> None:
    """Published through the command line, read back through it."""
    with running_worker(cli):
        publish(cli, **{f"p{number}": f"{NORMAL} {number}" for number in range(50)})
        assert decisions(cli, 50).keys() == {f"p{number}" for number in range(50)}
        assert len(cli.json_lines("decisions", "tail", "--from-beginning", "--until-caught-up", "--json")) == 50


def test_health_says_that_a_worker_is_ready(cli: Cli) -> None:
    """Exit 0 and each check by name."""
    with running_worker(cli) as url:
        said = json.loads(cli.run("health", "--url", url, "--json").stdout)
        assert said["ready"]
        assert all(said["checks"].values())
        assert "ok" in cli.run("health", "--url", url).stdout


def _ready(cli: Cli, url: str) -> bool:
    try:
        cli.run("health", "--url", url)
    except AssertionError:
        return False
    return True


def _matched(decision: dict[str, Any]) -> bool:
    return any(reason.get("exemplar_id") == "ex-alba" for reason in decision["reasons"])


def _decided_until(cli: Cli, name: str, *, matched: bool) -> dict[str, Any]:
    """Publish the text again and again until the worker's decision is as wanted, or for too long."""
    deadline = time.monotonic() + EFFECTIVE_SECONDS
    number = 0
    while True:
        number += 1
        publish(cli, **{f"{name}-{number}": TEXT})
        decision = _wait_for(cli, f"{name}-{number}")
        if _matched(decision) == matched or time.monotonic() > deadline:
            return decision


def _wait_for(cli: Cli, post_id: str) -> dict[str, Any]:
    while True:
        for each in cli.json_lines("decisions", "tail", "--from-beginning", "--until-caught-up", "--json"):
            if each["post_id"] == post_id:
                return each
