"""Whether normalisation changes what is decided on normal posts: `python -m bench.normalisation DATA`.

Normal posts of DATA are decided by the shipped release with the samples' exemplars, once as they are normalised, and once with
one disguise left as it was written; `all` leaves the text as it is. Also how long a character takes in texts of growing length.
Saves bench/results/normalisation.json and writes the tables of docs/normalisation.md.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from unittest.mock import patch

from bench.attacks import ROOT
from classifier import scorer
from contracts.decision import Source
from contracts.post import Post
from embeddings.bank_evaluation import read_normal_posts
from embeddings.exchange import read_exemplars
from embeddings.normalise import UNDO, Step, normalise, tidy, undo
from jikimi.engine import Engine, fill, load_engine
from jikimi.settings import load_settings

RESULTS = ROOT / "bench/results/normalisation.json"
PAGE = ROOT / "docs/normalisation.md"
_TABLE = re.compile("(?<=<!-- table of bench.normalisation -->\n).*?(?=<!-- end of table -->)", re.DOTALL)
_BATCH = 256
_LENGTHS = (1_000, 4_000, 16_000, 64_000)
_DISGUISED = "상담은 카.톡 ㅋr톡 ㅋㅏ톡 k.a.k.a.o ㅋㅋㅋㅋ 핝굮읹 커엽다 카😀토ㄱ "

Normalise = Callable[[str], str]
Row = dict[str, float | int]


def main() -> int:
    """Decide, compare, save, write the table."""
    given = _arguments()
    engine = load_engine(load_settings())
    for path in sorted((ROOT / "jikimi/samples").glob("exemplars*.jsonl")):
        fill(engine, read_exemplars(path))
    normal = read_normal_posts(given.data, given.normal, given.seed)
    result = {
        "release": engine.release.name,
        "exemplars": engine.bank.size,
        "seed": given.seed,
        "rules": {
            rule: {source: compare(engine, texts, without) for source, texts in normal.items()}
            for rule, without in rules().items()
        },
        "nanoseconds_a_character": {str(length): _nanoseconds(length) for length in _LENGTHS},
    }
    RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    table = as_table(result["rules"], {source: len(texts) for source, texts in normal.items()})
    PAGE.write_text(_TABLE.sub(lambda _: table, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(table, result["nanoseconds_a_character"], f"-> {RESULTS.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")
    return 0


def rules() -> dict[str, Normalise]:
    """Ways to normalise that leave something as it was written, by what they leave."""
    left = {
        rule: partial(_without, steps=[step for name, step in UNDO.items() if name != rule])
        for rule in UNDO
        if rule != "runs"  # tidies up after the others
    }
    return {"all": str, "all disguises": tidy, **left}


def compare(engine: Engine, texts: Sequence[str], without: Normalise) -> Row:
    """How many of `texts` are other without it, and on how many of them the action is."""
    changed = [text for text in texts if without(text) != normalise(text)]
    with_it = actions(engine, changed)
    with patch.object(scorer, "normalise", without):
        without_it = actions(engine, changed)
    moved = list(zip(without_it, with_it, strict=True))
    return {
        "changed": len(changed),
        "stricter": sum(before == "allow" != after for before, after in moved),
        "milder": sum(before != "allow" == after for before, after in moved),
    }


def actions(engine: Engine, texts: Sequence[str]) -> list[str]:
    """What is decided on each text."""
    items = [(Post(id=str(number), text=text), Source("bench", 0, number)) for number, text in enumerate(texts)]
    return [
        decision.action
        for start in range(0, len(items), _BATCH)
        for decision in engine.scorer.score(items[start : start + _BATCH])
    ]


def as_table(found: Mapping[str, Mapping[str, Row]], posts: Mapping[str, int]) -> str:
    """The rows in Markdown: texts changed in percent, and actions that become stricter and milder."""
    head = "".join(f" {source} ({count:,}) changed | stricter, milder |" for source, count in posts.items())
    lines = [f"| left as written |{head}", "| --- |" + " --- | --- |" * len(posts)]
    for rule, row in found.items():
        cells = (
            f" {100 * row[source]['changed'] / posts[source]:.2f} % | {row[source]['stricter']}, {row[source]['milder']} |"
            for source in posts
        )
        lines.append(f"| {rule} |" + "".join(cells))
    return "\n".join(lines) + "\n"


def _without(text: str, steps: Sequence[Step]) -> str:
    return undo(tidy(text), steps)


def _nanoseconds(length: int) -> int:
    """Of one character in a text of `length`, full of disguises: the best of five."""
    text, taken = (_DISGUISED * (length // len(_DISGUISED) + 1))[:length], []
    for _ in range(5):
        start = time.process_time_ns()
        normalise(text)
        taken.append(time.process_time_ns() - start)
    return min(taken) // length


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.normalisation", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with nsmc, petitions and chatbot")
    parser.add_argument("--normal", type=int, default=20_000, help="normal posts of each source")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
