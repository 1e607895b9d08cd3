"""Moderators' commands against a real Redis."""

import json
from pathlib import Path

import pytest

from contracts.exemplar import Exemplar
from embeddings.settings import BankSettings
from embeddings.store import ExemplarStore
from tests.integration.jikimi.cli import Cli

TEXT = "부평역 앞 단기알바 구해요, 하루 15만원 바로 입금. 카톡 albaking77 으로 연락 주세요"


@pytest.fixture
def moderator(redis_url: str, tmp_path: Path) -> Cli:
    """The command line with Redis, and no Kafka anywhere."""
    return Cli("127.0.0.1:1", redis_url, tmp_path)


@pytest.fixture
def store(redis_url: str) -> ExemplarStore:
    """The same Redis, without the command line."""
    return ExemplarStore(BankSettings.model_validate({"redis_url": redis_url}))


def test_an_exemplar_from_adding_to_removing(moderator: Cli, store: ExemplarStore) -> None:
    """Each step is in Redis, and shown; what is not there exits 1."""
    added = moderator.json_lines(
        "exemplars", "add", "--id", "e1", "--label", "job", "--note", "광고", "--author", "kim", TEXT, "--json"
    )[0]
    held = store.get("e1")
    assert held is not None
    assert (held.text, held.label, held.note, held.author, held.version) == (
        TEXT,
        "job",
        "광고",
        "kim",
        added["version"],
    )
    assert moderator.json_lines("exemplars", "list", "--json") == [added]
    assert moderator.run("exemplars", "list", "--label", "scam").stdout == ""
    assert "부평역" in moderator.run("exemplars", "list").stdout
    assert moderator.json_lines("exemplars", "show", "e1", "--json")[0] == added
    moderator.run("exemplars", "disable", "e1")
    assert "disabled" in moderator.run("exemplars", "show", "e1").stdout
    moderator.run("exemplars", "enable", "e1")
    moderator.run("exemplars", "remove", "e1")
    assert store.get("e1") is None
    assert "there is no exemplar 'e1'" in moderator.run("exemplars", "show", "e1", code=1).stderr
    assert "there is no exemplar 'e1'" in moderator.run("exemplars", "remove", "e1", code=1).stderr


def test_what_is_no_exemplar_is_refused(moderator: Cli, store: ExemplarStore) -> None:
    """A label that is none, a text with nothing in it: one message, nothing written."""
    assert "label" in moderator.run("exemplars", "add", "--label", "Not A Label", TEXT, code=1).stderr
    assert "no letter" in moderator.run("exemplars", "add", "--label", "job", "!!!", code=1).stderr
    assert store.count() == 0


@pytest.mark.parametrize("name", ["backup.jsonl", "backup.csv"])
def test_export_and_import_are_a_backup(name: str, moderator: Cli, store: ExemplarStore) -> None:
    """What was exported is there again after the loss of all, but for the versions."""
    kept = [
        Exemplar(id="a", text=TEXT, label="job", note="=1+1", communities=("food", "pets")),
        Exemplar(id="b", text="착한 가게 후기예요", label="promotion", polarity="benign", threshold=0.9),
    ]
    store.put_many(kept, "test")
    moderator.run("exemplars", "export", name)
    for each in kept:
        store.remove(each.id, "test")
    assert moderator.json_lines("exemplars", "import", name, "--json") == [{"imported": 2}]
    back = {each.id: each for each in store.exemplars()}
    assert {(each.text, each.note, each.communities, each.polarity, each.threshold) for each in back.values()} == {
        (each.text, each.note, each.communities, each.polarity, each.threshold) for each in kept
    }


def test_a_file_with_a_bad_line_is_refused_whole(moderator: Cli, store: ExemplarStore) -> None:
    """The line is named."""
    lines = [{"id": "a", "text": TEXT, "label": "job"}, {"id": "b", "label": "job"}]
    (moderator.folder / "e.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert "e.jsonl, line 2" in moderator.run("exemplars", "import", "e.jsonl", code=1).stderr
    assert store.count() == 0


def test_a_text_can_be_tried_and_the_kill_switch_holds(moderator: Cli, store: ExemplarStore) -> None:
    """A copy is hidden; with max_action review it is not, for anybody who reads this Redis."""
    store.put(Exemplar(id="e1", text=TEXT, label="job"), "test")
    assert moderator.run("exemplars", "test", TEXT).stdout.splitlines()[0].startswith("hide, with 1 exemplars")
    around = "오늘은 강가를 따라 걷다가 오래된 나무 아래에서 쉬었다. " * 10
    (where,) = {
        line for line in moderator.run("exemplars", "test", around + TEXT + around).stdout.splitlines() if "in:" in line
    }
    assert TEXT[:10] in where
    moderator.run("policy", "set", "max_action", "review")
    assert json.loads(moderator.run("policy", "show", "--json").stdout) == {"max_action": "review"}
    tried = moderator.json_lines("exemplars", "test", TEXT, "--json")[0]
    assert tried["action"] == "review"
    assert "none of allow, review, hide" in moderator.run("policy", "set", "max_action", "ban", code=1).stderr
