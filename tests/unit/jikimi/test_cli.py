"""The command line as such: help, exit codes, errors without a traceback."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from jikimi.reference import DOCS, cli_page, helps

HELPS = dict(helps())
LEAVES = {name: text for name, text in HELPS.items() if "COMMAND [ARGS]" not in text}
HEAVY = ("torch", "numpy", "sklearn", "kafka", "redis", "pydantic", "sentence_transformers")


def jikimi(*arguments: str, folder: Path, **options: str) -> "subprocess.CompletedProcess[str]":
    """The command line as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "jikimi", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PYTHONPATH": str(DOCS.parent), "PATH": "", **options},
    )


def test_there_are_all_commands() -> None:
    """Those that the design names."""
    wanted = """demo worker health status publish load score encode similarity, local up, local down, local status, topics create,
        flags tail, decisions tail, dead-letters list, dead-letters show, dead-letters replay, exemplars add,
        exemplars list, exemplars show, exemplars disable, exemplars remove, exemplars test, exemplars import,
        exemplars export, train head, train encoder, evaluate head, evaluate encoder, evaluate bank"""
    first, *rest = (each.split() for each in wanted.split(","))
    assert {f"jikimi {each}" for each in [*first, *map(" ".join, rest)]} <= LEAVES.keys()


@pytest.mark.parametrize("name", sorted(LEAVES))
def test_each_help_teaches_with_an_example(name: str) -> None:
    """A line to copy, indented, that begins like the command; and a meaning for each option."""
    text = LEAVES[name]
    assert any(name in line and line.startswith("    ") for line in text.splitlines())
    options = text.partition("Options:")[2].splitlines()
    assert all(len(line.split("  ")) > 1 for line in options if line.strip().startswith("--"))


@pytest.mark.parametrize("name", sorted(HELPS.keys() - LEAVES.keys()))
def test_each_list_of_commands_says_whole_sentences(name: str) -> None:
    """A first sentence that is too long for its line would end in dots."""
    listed = HELPS[name].partition("Commands:")[2].split("\n")
    assert len(listed) > 1
    assert not [line for line in listed if line.endswith("...")]


def test_the_page_of_commands_is_fresh() -> None:
    """docs/cli.md is what --help says now: `python -m jikimi.reference` writes it."""
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert page == cli_page()
    assert all(f"\n## {name}\n" in page for name in HELPS)


def test_help_is_quick_and_imports_nothing_heavy(tmp_path: Path) -> None:
    """Under half a second of processor time; torch alone would take several."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = jikimi("--help", folder=tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert shown.returncode == 0
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5
    code = "import sys, jikimi.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=DOCS.parent)
    assert not set(HEAVY) & set(loaded.stdout.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["flag"],
        ["flags", "tail", "--limit", "0"],
        ["publish"],
        ["--confg", "x", "demo"],
        ["exemplars", "add", "text"],
        [],
    ],
)
def test_misuse_exits_2(arguments: list[str], tmp_path: Path) -> None:
    """With a hint on stderr, nothing on stdout."""
    shown = jikimi(*arguments, folder=tmp_path)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "jikimi" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["topics", "create"], "no answer from Kafka at 127.0.0.1:1"),
        (["flags", "tail"], "no answer from Kafka at 127.0.0.1:1"),
        (["publish", "missing.jsonl"], "missing.jsonl can't be read: No such file"),
        (["publish", "posts.doc"], "must end in"),
        (["health"], "give --url"),
        (["health", "--url", "http://127.0.0.1:1"], "no worker answers"),
        (["health", "--url", "redis://h"], "no address of a worker"),
        (["--config", "none.toml", "topics", "create"], "none.toml can't be read"),
        (["exemplars", "list"], "127.0.0.1:1"),
        (["encode", "--out", "missing/v.npy", "texts.txt"], "texts.txt can't be read"),
    ],
)
def test_an_error_is_one_message_and_exits_1(arguments: list[str], said: str, tmp_path: Path) -> None:
    """No traceback; nothing on stdout."""
    shown = jikimi(
        *arguments,
        folder=tmp_path,
        JIKIMI_KAFKA__BOOTSTRAP_SERVERS="127.0.0.1:1",
        JIKIMI_KAFKA__CONNECT_TIMEOUT_MS="500",
        JIKIMI_BANK__REDIS_URL="redis://:hunter2@127.0.0.1:1/0",
    )
    assert (shown.returncode, shown.stdout) == (1, "")
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr
    assert "hunter2" not in shown.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`jikimi --help | head -1` says nothing on stderr."""
    command = f"{sys.executable} -m jikimi --help | head -c 10"
    shown = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=True, cwd=DOCS.parent, timeout=60
    )
    assert shown.stderr == ""
    assert len(shown.stdout) == 10
