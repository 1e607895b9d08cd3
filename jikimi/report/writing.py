"""A report as two files: the same report gives the same bytes."""

import re
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jikimi.report import drawing
from jikimi.report.parts import Report

CASES_SHOWN = 100
"""Of each kind in `report.html`; `report.json` has all."""

_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def write_report(report: Report, folder: Path) -> Path:
    """Write `report.json` and `report.html` into `folder`, made if missing; the path of the page. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    data = msgspec.json.format(msgspec.json.encode(report), indent=1)
    (folder / "report.json").write_bytes(data + b"\n")
    page = folder / "report.html"
    page.write_text(_page(report), encoding="utf-8")
    return page


def _page(report: Report) -> str:
    """One file with all in it: XHTML that asks nothing of any host and runs no script."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["legal"] = lambda text: _NOT_IN_XML.sub("\ufffd", text)
    template = environment.get_template("page.html.j2")
    return template.render(report=report, drawing=drawing, cases_shown=CASES_SHOWN) + "\n"
