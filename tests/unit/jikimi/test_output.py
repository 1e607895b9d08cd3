"""Lines for people: columns that line up, no control characters, colour on a terminal only."""

import msgspec
import pytest

from contracts.decision import Reason
from jikimi.display import HEADER, decision_line, flag_line
from jikimi.output import Colours, columns, escaped, fit, printable
from tests.unit.contracts.records import decision, flag

PLAIN = Colours(enabled=False)


@pytest.mark.parametrize(
    "text", ["", "abc", "한국어 문장입니다", "가a나b다c라d", "🙏🙏🙏🙏🙏🙏", "e\u0301" * 20, "a\n\tb  c"]
)
@pytest.mark.parametrize("width", [1, 2, 7, 8])
def test_a_fitted_text_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    """Korean letters take two columns, combining marks none; what does not fit ends in an ellipsis."""
    fitted = fit(text, width)
    assert sum(map(columns, fitted)) == width
    assert "\n" not in fitted


def test_a_flag_shows_label_view_score_exemplar_and_text() -> None:
    """In this order, under its header."""
    line = flag_line(flag(), PLAIN)
    places = [
        line.index(part) for part in ("review", "job", "semantic", "0.93", "0.82", "ex-당일알바", "알바 | 당일 지급")
    ]
    assert places == sorted(places)
    assert [HEADER.index(name) for name in ("action", "label", "view", "score", "exemplar", "text")]
    assert line.index("job") == HEADER.index("label")


def test_what_a_member_wrote_moves_no_cursor() -> None:
    """Escape sequences, line breaks and direction marks in a text are not passed on."""
    line = flag_line(flag(text="\x1b[2J\x07글\r\n\u202etxet\u0000", title=msgspec.UNSET), PLAIN)
    assert line.isprintable()
    assert printable("\x1b[31m가") == " [31m가"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"action": "allow", "cause": "deleted"}, "글-1 (revision 2) was deleted"),
        ({"action": "allow", "cause": "post"}, "글-1 (revision 2) was edited and is clear now"),
        ({"action": "allow", "cause": "moderator", "cause_id": "f"}, "a moderator decided"),
        ({"action": "hide", "cause": "retroactive", "cause_id": "e"}, "matches a new exemplar"),
    ],
)
def test_a_change_of_mind_says_what_happened(changes: dict[str, object], said: str) -> None:
    """Such records carry no text."""
    assert said in flag_line(flag(**changes, text=msgspec.UNSET, reasons=()), PLAIN)


def test_an_exemplar_speaks_before_the_head() -> None:
    """The line has room for one reason: the one a moderator can act on."""
    head = Reason(kind="classifier", label="scam", score=0.99, threshold=0.5)
    assert "semantic" in flag_line(flag(reasons=(head, *flag().reasons)), PLAIN)
    assert "classifier" in flag_line(flag(reasons=(head,)), PLAIN)


def test_a_decision_says_what_was_degraded() -> None:
    """So that a tail shows trouble."""
    assert "degraded: truncated" in decision_line(decision(), PLAIN)


def test_colour_only_where_asked() -> None:
    """No escape sequence in a file."""
    assert "\x1b" not in flag_line(flag(), PLAIN)
    assert "\x1b[33m" in flag_line(flag(), Colours(enabled=True))


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        ("부평역 🙏".encode(), "부평역 🙏"),
        (b"\x1b[2J\n\x00", "\\x1b[2J\\x0a\\x00"),
        (b"\xb0\xa1", "\\xb0\\xa1"),
        ("\u202e\u200b".encode(), "\\u202e\\u200b"),
        (rb"\x1b", r"\\x1b"),
        (b"\xed\xb2\x80", r"\xed\xb2\x80"),
    ],
)
def test_any_bytes_can_be_shown(held: bytes, shown: str) -> None:
    """Nothing moves the cursor or hides, and no two values look alike."""
    assert escaped(held) == shown
