"""The page of a report, read back as the XML that it is."""

import xml.etree.ElementTree as ET
from pathlib import Path

from jikimi.report.drawing import BOTTOM, LEFT, RIGHT, TOP
from jikimi.report.parts import Axis, Point

XHTML, SVG = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"


class Page:
    """`report.html` by its sections."""

    def __init__(self, folder: Path) -> None:
        self.root = ET.parse(folder / "report.html").getroot()  # noqa: S314  # our own file
        self.sections = {each.attrib["id"]: each for each in self.root.iter(f"{XHTML}section")}

    def ids(self, kind: str) -> list[str]:
        """The sections of a kind: picture, table or cases."""
        return [name for name, each in self.sections.items() if each.attrib["class"] == kind]

    def panels(self, picture: str) -> list[ET.Element]:
        """The drawings of a picture, without those of its legend."""
        return [each for each in self.sections[picture].iter(f"{SVG}svg") if each.get("role") == "img"]

    def rows(self, table: str) -> list[list[str]]:
        """All cells of a table as text, but the empty corner."""
        rows = self.sections[table].iter(f"{XHTML}tr")
        return [["".join(cell.itertext()) for cell in row if cell.tag != f"{XHTML}td" or cell.text] for row in rows]

    def texts(self, cases: str) -> list[str]:
        """The texts to read in a section."""
        return ["".join(each.itertext()) for each in self.sections[cases].iter(f"{XHTML}p") if each.get("lang") == "ko"]


def points(panel: ET.Element, style: str, x: Axis, y: Axis) -> list[Point]:
    """Where the series of a style goes through, as the numbers that it was drawn from."""
    found: list[Point] = []
    for each in panel.iter():
        if each.get("class") == style and each.tag == f"{SVG}polyline":
            found += [(float(a), float(b)) for a, b in (pair.split(",") for pair in each.attrib["points"].split())]
        elif each.get("class") == style and each.tag == f"{SVG}circle":
            found.append((float(each.attrib["cx"]), float(each.attrib["cy"])))
    return [
        (_value(x, (across - LEFT) / (RIGHT - LEFT)), _value(y, (BOTTOM - down) / (BOTTOM - TOP)))
        for across, down in found
    ]


def _value(axis: Axis, share: float) -> float:
    return axis.low + (share**2 if axis.scale == "root" else share) * (axis.high - axis.low)
