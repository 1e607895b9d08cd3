"""JSON Schemas and the AsyncAPI document, generated from the structures: `python -m contracts.schema [--check]`.

The schemas are draft 7, which every AsyncAPI 3.0 tool must read (https://www.asyncapi.com/docs/reference/specification/v3.0.0).
"""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import yaml

from contracts import dead_letter, topics
from contracts.decision import Decision
from contracts.exemplar import Exemplar
from contracts.feedback import Feedback
from contracts.fields import FIELDS
from contracts.flag import Flag
from contracts.post import MAX_ID_CHARACTERS, Post

FOLDER = Path(__file__).parent / "schemas"
RECORDS: tuple[type[msgspec.Struct], ...] = (Post, Decision, Flag, Exemplar, Feedback)
SCHEMA_FORMAT = "application/schema+json;version=draft-07"

# Fields that hold a datetime. Not a post's `created_at`: a text that is no time must not make a post undecidable.
TIMES = ("decided_at", "created_at", "expires_at", "at")

Json = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` only compare: 0 where all is fresh, 1 where a file is stale, 2 misused."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m contracts.schema [--check]\n")
        return 2
    if arguments:
        stale = stale_files()
        sys.stderr.writelines(f"{path.name} is stale; run `python -m contracts.schema`\n" for path in stale)
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def stale_files() -> list[Path]:
    """The files that are missing or not what the structures say now, and files nobody generates."""
    wanted = documents()
    held = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} if FOLDER.is_dir() else {}
    return [FOLDER / name for name in sorted(wanted.keys() | held.keys()) if wanted.get(name) != held.get(name)]


def documents() -> dict[str, str]:
    """All generated files by name."""
    schemas = {_file(record): json.dumps(schema(record), indent=2, ensure_ascii=False) + "\n" for record in RECORDS}
    return {**schemas, "asyncapi.yaml": yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=120)}


def schema(record: type[msgspec.Struct]) -> Json:
    """The JSON Schema of one record; unknown fields are allowed, as readers must ignore them."""
    _, components = msgspec.json.schema_components([record], ref_template="#/definitions/{name}")
    for name, component in components.items():
        _describe(component, FIELDS[name])
    root = components.pop(record.__name__)
    parts = {"definitions": components} if components else {}
    return {"$schema": "http://json-schema.org/draft-07/schema#", **root, **parts}


def _describe(component: Json, fields: dict[str, str]) -> None:
    component["description"] = inspect.cleandoc(component["description"])
    for name, described in component["properties"].items():
        if "$ref" in described:  # draft 7 ignores what stands beside a reference
            described["allOf"] = [{"$ref": described.pop("$ref")}]
        described["description"] = fields[name]
        if name in TIMES and component["title"] != Post.__name__:
            described["format"] = "date-time"


def asyncapi() -> Json:
    """The five topics: who sends, keys, headers, values and configurations."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Jikimi",
            "version": "1",
            "description": "Posts of a community in, decisions and flags out. Values are JSON in UTF-8, times RFC 3339 UTC; "
            "readers ignore unknown fields. Headers of a record travel through to what is published for it.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {_name(topic): _channel(topic) for topic in topics.TOPICS},
        "operations": {
            f"{action}-{_name(topic)}": {
                "action": action,
                "summary": topic.purpose,
                "channel": {"$ref": f"#/channels/{_name(topic)}"},
            }
            for topic in topics.TOPICS
            for action in ["receive" if topic.name in {topics.POSTS, topics.FEEDBACK} else "send"]
        },
        "components": {"messages": _messages()},
    }


def _channel(topic: topics.Topic) -> Json:
    config: Json = {**topic.config, "cleanup.policy": [topic.config["cleanup.policy"]]}
    config["retention.ms"] = int(topic.config["retention.ms"])
    return {
        "address": topic.name,
        "description": topic.purpose,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _MESSAGES_OF[topic.name]},
        "bindings": {"kafka": {"topicConfiguration": config, "bindingVersion": "0.5.0"}},
    }


_MESSAGES_OF = {
    topics.POSTS: ("post", "deletion"),
    topics.DECISIONS: ("decision",),
    topics.FLAGS: ("flag",),
    topics.FEEDBACK: ("feedback",),
    topics.DEAD_LETTERS: ("dead-letter",),
}


def _messages() -> Json:
    any_bytes = {"description": "the original value, whatever its bytes, cut where it is longer than the limit"}
    return {
        "post": _message("A new or edited post", _reference(Post), _TRAVELLING),
        "deletion": _message("The post under this key is deleted", {"type": "null"}, _TRAVELLING),
        "decision": _message("What was decided for one posts record", _reference(Decision), _TRAVELLING),
        "flag": _message("A decision worth telling, or a later change of mind", _reference(Flag), _TRAVELLING),
        "feedback": _message("A moderator's verdict", _reference(Feedback), _TRAVELLING),
        "dead-letter": _message(
            "A record whose id can't be read", any_bytes, {**_TRAVELLING, **dead_letter.HEADERS}, key="as it came"
        ),
    }


_TRAVELLING = {"traceparent": "W3C trace context; it and all other headers travel through unchanged"}


def _message(summary: str, payload: Json, headers: dict[str, str], key: str = "the post id, UTF-8") -> Json:
    described = {name: {"type": "string", "description": text} for name, text in headers.items()}
    key_schema: Json = {"type": "string", "description": key}
    if key.startswith("the post id"):
        key_schema["maxLength"] = MAX_ID_CHARACTERS
    return {
        "summary": summary,
        "headers": {"type": "object", "properties": described},
        "payload": payload,
        "bindings": {"kafka": {"key": key_schema, "bindingVersion": "0.5.0"}},
    }


def _reference(record: type[msgspec.Struct]) -> Json:
    return {"schemaFormat": SCHEMA_FORMAT, "schema": {"$ref": f"./{_file(record)}"}}


def _file(record: type[msgspec.Struct]) -> str:
    return f"{record.__name__.lower()}.schema.json"


def _name(topic: topics.Topic) -> str:
    return topic.name.removeprefix("community.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
