"""What the documents name is there: files, commands with their options, modules, tests."""

import re
from pathlib import Path

import pytest

from jikimi.reference import helps

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "README.ko.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
HELPS = dict(helps())
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))

pages = pytest.mark.parametrize("page", PAGES, ids=[path.relative_to(ROOT).as_posix() for path in PAGES])


@pages
def test_links_lead_to_files_and_headings(page: Path) -> None:
    """Within the repository; an anchor is a heading of the page, in GitHub's spelling."""
    for target, anchor in re.findall(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)", page.read_text(encoding="utf-8")):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        assert not anchor or anchor in _anchors(linked), f"{target}#{anchor}"


@pages
def test_commands_and_their_options_exist(page: Path) -> None:
    """Whatever is written as `jikimi …`."""
    for written in re.findall(r"\bjikimi ([a-z][^`\n|\\]*)", page.read_text(encoding="utf-8")):
        name = "jikimi"
        for word in re.findall(r"^[a-z-]+|(?<= )[a-z-]+", written):
            if f"{name} {word}" not in HELPS:
                break
            name = f"{name} {word}"
        assert name != "jikimi", f"jikimi {written}"
        unknown = set(re.findall(r"(?<!\S)--[a-z-]+", written)) - set(re.findall(r"--[a-z-]+", HELPS[name]))
        assert not unknown, f"jikimi {written}"


@pages
def test_modules_and_tests_exist(page: Path) -> None:
    """Those run with `python -m`, and those that are named as proof."""
    text = page.read_text(encoding="utf-8")
    for module in re.findall(r"python -m (\w+(?:\.\w+)*)", text):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists(), module
    for test in re.findall(r"`(test_\w+)`", text):
        assert f"def {test}(" in TESTS, test


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
