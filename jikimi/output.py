"""Lines for people and lines for programs: results on stdout, everything else on stderr."""

import json
import sys
import time
import unicodedata
from collections.abc import Mapping
from typing import Self

import msgspec

PROGRESS_SECONDS = 0.5
PROGRESS_SECONDS_IN_A_FILE = 10.0


def note(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def say(text: str) -> None:
    """One line on stdout, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say_json(value: Mapping[str, object] | list[object] | msgspec.Struct) -> None:
    """`value` as one line of JSON on stdout, at once."""
    if isinstance(value, msgspec.Struct):
        say(msgspec.json.encode(value).decode())
    else:
        say(json.dumps(value, ensure_ascii=False))


class Colours:
    """Marks for a terminal; nothing at all anywhere else."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled

    @classmethod
    def for_stdout(cls) -> Self:
        """On where stdout is a terminal."""
        return cls(enabled=sys.stdout.isatty())

    def red(self, text: str) -> str:
        """For `hide`."""
        return self._mark("31", text)

    def yellow(self, text: str) -> str:
        """For `review`."""
        return self._mark("33", text)

    def green(self, text: str) -> str:
        """For `allow`."""
        return self._mark("32", text)

    def dim(self, text: str) -> str:
        """For what matters less."""
        return self._mark("2", text)

    def _mark(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._enabled else text


def fit(text: str, width: int) -> str:
    """`text` on one line and exactly `width` columns wide on a terminal, where a Korean letter takes two (UAX 11)."""
    kept: list[str] = []
    used = 0
    for letter in " ".join(text.split()):
        wide = columns(letter)
        if used + wide > width:
            while used > width - 1:
                used -= columns(kept.pop())
            kept.append("…")
            used += 1
            break
        kept.append(letter)
        used += wide
    return "".join(kept) + " " * (width - used)


def columns(letter: str) -> int:
    """How many columns of a terminal one character takes."""
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def printable(text: str) -> str:
    """`text` without control characters: what a member wrote must not move the cursor of who reads it."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def escaped(held: bytes) -> str:
    r"""`held` on one line, whatever it is: what is no UTF-8 or not printable as \x00 or \u0000, a backslash as two."""
    text = held.decode(errors="surrogateescape").replace("\\", "\\\\")
    return "".join(letter if letter.isprintable() else _code(letter) for letter in text)


def _code(letter: str) -> str:
    number = ord(letter)
    if 0xDC80 <= number <= 0xDCFF:  # a byte that is no UTF-8, as `surrogateescape` keeps it
        number -= 0xDC00
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


class Progress:
    """How far a long work is: on a terminal one line that changes, in a file a line now and then."""

    def __init__(self, what: str) -> None:
        self._what, self._started, self._shown = what, time.monotonic(), time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._every = PROGRESS_SECONDS if self._terminal else PROGRESS_SECONDS_IN_A_FILE

    def show(self, count: int) -> None:
        """Say that `count` are done, where it is time to say something."""
        now = time.monotonic()
        if now - self._shown >= self._every:
            self._shown = now
            rate = count / (now - self._started)
            line = f"{count:,} {self._what}, {rate:,.0f}/s"
            sys.stderr.write(f"\r\x1b[K{line}" if self._terminal else f"{line}\n")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._started
