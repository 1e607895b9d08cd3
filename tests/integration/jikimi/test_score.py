"""`jikimi score`: decisions with neither Kafka nor Redis."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.integration.jikimi.cli import Cli

TEXT = "부평역 앞 단기알바 구해요, 하루 15만원 바로 입금. 카톡 albaking77 으로 연락 주세요"


@pytest.fixture
def alone(tmp_path: Path) -> Cli:
    """The command line with no server anywhere."""
    return Cli("127.0.0.1:1", "redis://127.0.0.1:1/0", tmp_path)


def test_decisions_come_in_the_order_of_the_posts(alone: Cli) -> None:
    """Also past one batch."""
    posts = "".join(json.dumps({"id": str(number), "text": f"안녕하세요 {number}"}) + "\n" for number in range(600))
    found = alone.json_lines("score", stdin=posts)
    assert [each["post_id"] for each in found] == [str(number) for number in range(600)]
    assert {each["schema"] for each in found} == {1}


def test_a_bad_line_is_named_and_the_others_are_decided(alone: Cli) -> None:
    """Exit 1 in the end."""
    done = alone.run("score", stdin='{"id": "a", "text": "x"}\nno\n\n{"text": "y"}\n{"id": "b", "text": ""}\n', code=1)
    assert [json.loads(line)["post_id"] for line in done.stdout.splitlines()] == ["a", "b"]
    assert "line 2: not-json" in done.stderr
    assert "line 4: id-missing" in done.stderr


def test_exemplars_of_a_file_match(alone: Cli) -> None:
    """A copy is flagged by its exemplar, with the contact view or a text view as the reason."""
    (alone.folder / "e.jsonl").write_text(json.dumps({"id": "ex-1", "text": TEXT, "label": "job"}) + "\n")
    post = json.dumps({"id": "a", "text": TEXT})
    found = alone.json_lines("score", "--exemplars", "e.jsonl", stdin=post)[0]
    assert found["action"] == "hide"
    assert any(reason.get("exemplar_id") == "ex-1" for reason in found["reasons"])


def test_similarity_and_encode(alone: Cli) -> None:
    """The same text is 1; a vector for each line, of length 1."""
    same = alone.json_lines("similarity", TEXT, TEXT, "--json")[0]
    other = alone.json_lines("similarity", TEXT, "오늘 노을이 예뻐요", "--json")[0]
    assert same["similarity"] == pytest.approx(1, abs=0.002)
    assert other["similarity"] < 0.7
    assert other["fingerprint"] == same["fingerprint"]
    alone.run("encode", "--out", "v.npy", stdin=f"{TEXT}\n안녕하세요\n")
    vectors = np.load(alone.folder / "v.npy", allow_pickle=False)
    assert vectors.dtype == np.float32
    assert vectors.shape[0] == 2
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=0.002)
