"""Decisions and flags as lines for people."""

from contracts.decision import Decision, Reason
from contracts.flag import Flag
from jikimi.output import Colours, fit, printable

LABEL, VIEW, SCORE, NAME, TEXT = 10, 10, 11, 24, 60
HEADER = f"{'action':<7} {fit('label', LABEL)} {fit('view', VIEW)} {fit('score', SCORE)} {fit('exemplar', NAME)} text or post"


def flag_line(flag: Flag, colours: Colours) -> str:
    """One flag: action, what carried it (label, view, score of threshold, exemplar), text."""
    what = _changed(flag) if flag.action == "allow" or flag.cause != "post" else _text(flag)
    return f"{_action(flag, colours)} {_reason(flag)} {what}"


def decision_line(decision: Decision, colours: Colours) -> str:
    """One decision: action, what carried it or came nearest, post."""
    degraded = f"  degraded: {', '.join(decision.degraded)}" if decision.degraded else ""
    return f"{_action(decision, colours)} {_reason(decision)} {_name(decision)}{degraded}"


def strongest(decision: Decision) -> Reason | None:
    """The reason that says most to a person: an exemplar that matched before a probability before a rule."""
    order = {"exemplar": 0, "classifier": 1, "policy": 2}
    return min(decision.reasons, key=lambda reason: (order[reason.kind], -reason.score), default=None)


def _action(decision: Decision, colours: Colours) -> str:
    mark = {"hide": colours.red, "review": colours.yellow, "allow": colours.green}[decision.action]
    return mark(f"{decision.action:<7}")


def _reason(decision: Decision) -> str:
    reason = strongest(decision)
    if reason is None:
        label = ", ".join(decision.flagged)
        return " ".join([fit(label, LABEL), fit("", VIEW), fit("", SCORE), fit("", NAME)])
    score = f"{reason.score:.2f} ≥ {reason.threshold:.2f}"
    parts = (reason.label, LABEL), (reason.view or reason.kind, VIEW), (score, SCORE), (reason.exemplar_id or "", NAME)
    return " ".join(fit(printable(text), width) for text, width in parts)


def _text(flag: Flag) -> str:
    title = flag.title if isinstance(flag.title, str) else ""
    text = flag.text if isinstance(flag.text, str) else ""
    return fit(printable(f"{title} | {text}" if title else text), TEXT).rstrip()


def _changed(flag: Flag) -> str:
    said = {
        "deleted": "was deleted",
        "moderator": "a moderator decided",
        "retroactive": "matches a new exemplar",
        "post": "was edited and is clear now" if flag.action == "allow" else "",
    }[flag.cause]
    return f"{_name(flag)} {said}"


def _name(decision: Decision) -> str:
    revision = f" (revision {decision.revision})" if decision.revision else ""
    return printable(f"{decision.post_id}{revision}")
