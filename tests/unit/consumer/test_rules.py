"""docs/faults.md names, for each rule, defect and invariant, the tests that hold it; docs/upstream names them too."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
TABLE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").partition("## Rules and their tests")[2]
ROWS = [line for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith(("| |", "| ---"))]
PAGES = sorted((ROOT / "docs" / "upstream").glob("a*.md"))
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}


def test_each_rule_defect_and_invariant_has_a_row() -> None:
    """Rules 1 to 8 of decision 2, defects A1 to A11 and A13 (A12 is only slow), invariants 1 to 7 of the design."""
    named = [row.split("|")[1] for row in ROWS]
    found = {each for row in named for each in re.findall(r"rule \d|invariant \d|A\d+", row)}
    wanted = {f"rule {number}" for number in range(1, 9)} | {f"invariant {number}" for number in range(1, 8)}
    assert found == wanted | {f"A{number}" for number in (*range(1, 12), 13)}


def test_every_test_that_is_named_exists() -> None:
    """In each row at least one, or the row that it points to; and in each page on a defect, but for the one that is only slow."""
    for row in ROWS:
        named = set(re.findall(r"`(test_\w+)`", row))
        assert named or "as rule" in row, row
        assert named <= TESTS, row
    for page in PAGES:
        named = set(re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")))
        assert named or page.name.startswith("a12"), page.name
        assert named <= TESTS, page.name


def test_every_page_on_a_defect_is_in_the_list() -> None:
    """docs/upstream/README.md links each page, once."""
    links = re.findall(
        r"\]\((a\d\d-[\w-]+\.md)\)", (ROOT / "docs" / "upstream" / "README.md").read_text(encoding="utf-8")
    )
    assert links == [page.name for page in PAGES]
    assert len(links) == 13


def test_no_partition_is_ever_paused() -> None:
    """A6: no code of the worker calls the client's pause."""
    calls = [
        path.name for path in (ROOT / "consumer").rglob("*.py") if re.search(r"\.(pause|resume)\(", path.read_text())
    ]
    assert calls == []
