"""The generated schemas: fresh, valid, and true of what we write."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from contracts import codec, schema
from contracts.exemplar import Exemplar
from contracts.fields import FIELDS
from contracts.flag import Flag
from contracts.post import Post
from contracts.times import parse_rfc3339
from contracts.topics import TOPICS
from tests.unit.contracts.records import AT, decision, flag

TIMES = FormatChecker(formats=())
TIMES.checks("date-time")(lambda value: not isinstance(value, str) or parse_rfc3339(value) is not None)

DOCS = Path(__file__).parents[3] / "docs" / "contracts.md"


def validate(record: msgspec.Struct) -> None:
    """Raise where the record as written is not as its schema says."""
    held = schema.schema(type(record))
    Draft7Validator(held, format_checker=TIMES).validate(json.loads(codec.encode(record)))


def test_the_committed_files_are_fresh() -> None:
    """`python -m contracts.schema` would change nothing."""
    assert schema.stale_files() == []


def test_a_stale_a_missing_and_a_strange_file_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--check` fails on each, and writing mends all but the strange one."""
    monkeypatch.setattr(schema, "FOLDER", tmp_path / "schemas")
    assert schema.main(["--check"]) == 1
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    (tmp_path / "schemas" / "post.schema.json").write_text("{}")
    (tmp_path / "schemas" / "old.schema.json").write_text("{}")
    assert [path.name for path in schema.stale_files()] == ["old.schema.json", "post.schema.json"]
    assert schema.main(["--check"]) == 1


def test_a_wrong_argument_is_misuse() -> None:
    """Exit 2, and nothing is written."""
    assert schema.main(["--chek"]) == 2


@pytest.mark.parametrize("record", schema.RECORDS)
def test_each_schema_is_draft_7(record: type[msgspec.Struct]) -> None:
    """Valid in itself, with a description on every field."""
    held = schema.schema(record)
    Draft7Validator.check_schema(held)
    for part in [held, *held.get("definitions", {}).values()]:
        assert all(field["description"] for field in part["properties"].values())


def test_what_we_write_is_as_the_schema_says() -> None:
    """Decisions, flags and exemplars with all fields, and with as few as there may be."""
    validate(decision())
    validate(flag())
    validate(flag(action="allow", reasons=(), text=msgspec.UNSET, title=msgspec.UNSET, author_id=msgspec.UNSET))
    validate(flag(community=None, created_at=msgspec.UNSET))
    validate(Exemplar(id="e", text="t", label="job"))
    validate(Exemplar(id="e", text="t", label="job", expires_at=AT, communities=("역삼1동",), threshold=0.9))
    validate(Post(id="p", text=""))


@pytest.mark.parametrize(
    "change", [{"action": "delete"}, {"labels": {"job": 1.5}}, {"decided_at": "yesterday"}, {"post_id": ""}]
)
def test_the_schema_refuses_what_is_wrong(change: dict[str, Any]) -> None:
    """So that the test above says something."""
    written = {**json.loads(codec.encode(flag())), **change}
    with pytest.raises(ValidationError):
        Draft7Validator(schema.schema(Flag), format_checker=TIMES).validate(written)


def test_asyncapi_names_every_topic_and_resolves() -> None:
    """Five channels with the topics' addresses; every reference points at something."""
    document = yaml.safe_load((schema.FOLDER / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert {channel["address"] for channel in document["channels"].values()} == {topic.name for topic in TOPICS}
    references = list(_references(document))
    assert len(references) == 15
    for reference in references:
        file, _, pointer = reference.partition("#")
        held = json.loads((schema.FOLDER / file).read_text(encoding="utf-8")) if file else document
        for part in pointer.split("/")[1:]:
            held = held[part]
        assert held


def test_the_page_has_every_field() -> None:
    """docs/contracts.md tells each field in the words of the schema."""
    page = DOCS.read_text(encoding="utf-8")
    missing = [
        f"{record}.{name}"
        for record, fields in FIELDS.items()
        for name, text in fields.items()
        if f"| `{name}` | {text} |" not in page
    ]
    assert missing == []


def _references(node: object) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if "$ref" in node else []
    return own + [found for item in node.values() for found in _references(item)]
