"""A release whose head file was cut short: refused before anything is read, and nothing is lost by it."""

import shutil
from pathlib import Path

from classifier.release import HEAD, SHIPPED
from tests.integration.jikimi.cli import Cli
from tests.integration.jikimi.test_main_path import NORMAL, decisions, publish, running_worker


def test_a_truncated_head_stops_the_worker_before_it_reads_and_the_next_decides_all(cli: Cli, tmp_path: Path) -> None:
    """Exit 1 with the file's name and the mend and no traceback; once the file is whole again each post has its decision."""
    release = tmp_path / "release"
    shutil.copytree(SHIPPED, release)
    whole = (release / HEAD).read_bytes()
    (release / HEAD).write_bytes(whole[: len(whole) // 2])
    cli.environment["JIKIMI_RELEASE"] = str(release)
    publish(cli, **{f"p{number}": f"{NORMAL} {number}" for number in range(20)})
    said = cli.run("worker", code=1).stderr
    assert HEAD in said
    assert "restore" in said
    assert "Traceback" not in said
    (release / HEAD).write_bytes(whole)
    with running_worker(cli):
        assert decisions(cli, 20).keys() == {f"p{number}" for number in range(20)}
        assert len(cli.json_lines("decisions", "tail", "--from-beginning", "--until-caught-up", "--json")) == 20
