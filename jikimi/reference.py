"""The pages docs/cli.md and docs/settings.md, generated from the program: `python -m jikimi.reference` writes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import annotated_types
import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from jikimi.__main__ import app
from jikimi.settings import is_secret, leaves, variable

DOCS = Path(__file__).parents[1] / "docs"
WIDTH = 100
BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}

CLI_HEAD = """# Command line

Generated from `--help` by `python -m jikimi.reference`. Exit codes: 0 done, 1 failed, 2 misused; `jikimi worker` also ends with
3 (another process took its slot) and 4 (a call hung, so it ended itself). Results are on stdout, all else on stderr.
"""
SETTINGS_HEAD = """# Settings

Generated from the settings by `python -m jikimi.reference`. A variable of the environment counts before the TOML file, and
the file before the default. The file is the one given with `--config`, else the one that `JIKIMI_CONFIG` names, else `jikimi.toml`
in the working folder. There `kafka.bootstrap_servers` is

```toml
[kafka]
bootstrap_servers = "kafka-1:9092,kafka-2:9092"
```

A key in the file that is no setting is an error; a `JIKIMI_` variable that is none is a warning. Settings are read once, at the
start. Secrets are never printed.
"""


def cli_page() -> str:
    """All commands with their help."""
    parts = [f"## {name}\n\n```\n{text.strip()}\n```\n" for name, text in helps()]
    return "\n".join([CLI_HEAD, *parts])


def helps() -> Iterator[tuple[str, str]]:
    """Every command's full name and help."""
    root: Any = typer.main.get_command(app)
    yield from _helps(root, "jikimi", None)


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  # typer's own types are private
    context = command.make_context(
        name.rpartition(" ")[2],
        [],
        parent=parent,
        resilient_parsing=True,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
    )
    yield name, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    for each, inner in sorted(getattr(command, "commands", {}).items()):
        yield from _helps(inner, f"{name} {each}", context)


def settings_page() -> str:
    """All settings with variable, default, limits and meaning."""
    rows = [
        f"| `{name}` | `{variable(name)}` | {_default(field)} | {_limits(field)} | {field.description} |"
        for name, field in leaves()
    ]
    return "\n".join(
        [
            SETTINGS_HEAD,
            "| setting | variable | default | allowed | meaning |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()  # a default is no secret
    return f"`{value}`"


def _limits(field: FieldInfo) -> str:
    kinds = [kind for kind in (field.annotation, *get_args(field.annotation)) if get_origin(kind) is Literal]
    if kinds:
        return ", ".join(f"`{value}`" for value in get_args(kinds[0]))
    bounds = [
        f"{mark} {getattr(each, name):,}"
        for each in field.metadata
        for name, mark in BOUNDS.items()
        if isinstance(each, annotated_types.BaseMetadata) and hasattr(each, name)
    ]
    return "secret" if is_secret(field) else ", ".join(bounds)


def main() -> None:
    """Write both pages."""
    (DOCS / "cli.md").write_text(cli_page(), encoding="utf-8")
    (DOCS / "settings.md").write_text(settings_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
