"""Where the parts of a panel lie in its picture: from numbers to SVG user units."""

from collections.abc import Iterator

from jikimi.report.parts import Axis, Picture, Point, Series

WIDTH, HEIGHT = 300, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 290, 12, 205
_LEAST_DOT, _LARGEST_DOT = 2.5, 8.0


def across(axis: Axis, value: float) -> float:
    """Horizontal place of a value; outside the axis it is drawn at its end."""
    return round(LEFT + _share(axis, value) * (RIGHT - LEFT), 2)


def down(axis: Axis, value: float) -> float:
    """Vertical place of a value: upwards is more."""
    return round(BOTTOM - _share(axis, value) * (BOTTOM - TOP), 2)


def line(picture: Picture, series: Series) -> str:
    """The `points` of a polyline."""
    points = _corners(series.points) if series.drawn == "steps" else iter(series.points)
    return " ".join(f"{across(picture.x, x)},{down(picture.y, y)}" for x, y in points)


def radii(series: Series) -> list[float]:
    """The radius of each dot: its area grows with its count."""
    most = max(series.counts, default=1)
    counts = series.counts or [0] * len(series.points)
    return [round(max(_LEAST_DOT, _LARGEST_DOT * (count / most) ** 0.5), 2) for count in counts]


def _share(axis: Axis, value: float) -> float:
    share = min(1.0, max(0.0, (value - axis.low) / (axis.high - axis.low)))
    return float(share**0.5) if axis.scale == "root" else share


def _corners(points: list[Point]) -> Iterator[Point]:
    height = 0.0
    for x, y in points:
        yield x, height
        yield x, y
        height = y
