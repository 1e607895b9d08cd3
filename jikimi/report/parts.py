"""What a report is made of. `report.json` holds these as they are, and `report.html` draws them."""

from typing import Any, Literal

import msgspec

Point = tuple[float, float]


class Axis(msgspec.Struct, frozen=True):
    """One axis. With the scale `root` the length grows as the square root, so that small shares can be seen."""

    name: str
    low: float = 0.0
    high: float = 1.0
    ticks: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    scale: Literal["linear", "root"] = "linear"


class Series(msgspec.Struct, frozen=True):
    """Named points of a panel. `counts`, where known, is how many posts each point stands for: larger dots are surer."""

    name: str
    drawn: Literal["line", "steps", "dots"]
    points: list[Point]
    counts: list[int] = []


class Panel(msgspec.Struct, frozen=True):
    """One pair of axes of a picture, and the threshold on its horizontal axis."""

    title: str
    series: list[Series]
    threshold: float | None = None


class Picture(msgspec.Struct, frozen=True):
    """Panels that share their axes. `reading` tells what is seen, also to those who can't see it."""

    id: str
    title: str
    reading: str
    x: Axis
    y: Axis
    panels: list[Panel]


class Row(msgspec.Struct, frozen=True):
    """A line of a table; a missing cell is None. Cells are shaded by their share of `whole`, if there is one."""

    name: str
    cells: list[float | int | None]
    whole: float = 0.0


class Table(msgspec.Struct, frozen=True):
    """Numbers in lines and columns."""

    id: str
    title: str
    reading: str
    columns: list[str]
    rows: list[Row]


class Case(msgspec.Struct, frozen=True):
    """One text to read, or several that were compared, with what is known of it."""

    name: str
    texts: list[str]
    facts: dict[str, str]


class Cases(msgspec.Struct, frozen=True):
    """Texts that share an error, the plainest first."""

    id: str
    title: str
    reading: str
    cases: list[Case]


class Report(msgspec.Struct, frozen=True):
    """All of it. `measures` are those that the command prints with `--json`."""

    title: str
    measures: dict[str, Any]
    pictures: list[Picture]
    tables: list[Table]
    cases: list[Cases]
    schema: int = 1
