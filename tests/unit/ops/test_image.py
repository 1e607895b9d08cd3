"""What goes into the image, as far as the files tell; tests/docker looks at the real one."""

import re
import tomllib

from tests.unit.ops.metrics import ROOT


def pinned(name: str) -> dict[str, str]:
    """Package -> version of a lock file."""
    lines = (ROOT / name).read_text().split()
    return {package: version for package, _, version in (line.partition("==") for line in lines)}


def names(requirements: list[str]) -> set[str]:
    """The packages of requirement lines, without versions and markers."""
    return {found.group().lower() for each in requirements if (found := re.match(r"[\w.-]+", each))}


def test_the_image_has_what_the_project_needs_at_the_tested_versions() -> None:
    """The image's lock holds each dependency, each as in the lock that the tests run with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    image, tested = pinned("requirements-run.lock"), pinned("requirements.lock")
    assert names(project["dependencies"]) <= set(image)
    assert image.items() <= tested.items()


def test_the_image_has_no_tools_of_developers() -> None:
    """What tests and checks code stays out of production."""
    image = pinned("requirements-run.lock")
    assert not {"hypothesis", "mypy", "pytest", "ruff", "testcontainers", "uv"} & set(image)


def test_the_build_is_given_nothing_but_what_it_names() -> None:
    """The build context is a list of what is let in: no .git, no virtual environment, no corpus, no file of settings."""
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == set(" ".join(copied).split())
