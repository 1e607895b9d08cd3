"""The model card of a trained transformer, written from the record of its training."""

import json
from collections.abc import Mapping
from typing import Any

LICENCES = {
    "3i4k": ("warnikchow/3i4k", "CC BY-SA 4.0"),
    "beep": ("kocohub/korean-hate-speech", "CC BY-SA 4.0"),
    "chatbot": ("songys/Chatbot_data", "MIT"),
    "kda": ("minkyeongjeon/kda", "Apache-2.0"),
    "klue": ("KLUE-benchmark/KLUE", "CC BY-SA 4.0"),
    "kmhas": ("adlnlp/K-MHaS", "CC BY-SA 4.0, as its data-set card says"),
    "kornli": ("kakaobrain/KorNLUDatasets", "CC BY-SA 4.0"),
    "korsts": ("kakaobrain/KorNLUDatasets", "CC BY-SA 4.0"),
    "nsmc": ("e9t/nsmc", "CC0 1.0"),
    "parakqc": ("warnikchow/paraKQC", "CC BY-SA 4.0"),
    "petitions": ("lovit/petitions_archive", "KOGL type 1"),
    "question_pair": ("songys/Question_pair", "MIT"),
    "sae4k": ("warnikchow/sae4k", "CC BY-SA 4.0"),
    "stylekqc": ("cynthia/stylekqc", "CC BY-SA 4.0"),
}
"""Repository and licence of each folder of the data directory that training reads."""

_CARD = """# A Korean sentence transformer, trained by Jikimi

Fingerprint `{fingerprint}`, {parameters:,} parameters. It expects text normalised by `embeddings.normalise`; vectors are compared by
cosine. `JIKIMI_ENCODER__MODEL=DIR jikimi similarity A B` tries it.

## How it was made

`jikimi train encoder --kind transformer --from {from} --seed {seed} --steps {steps} --layers {layers} --data DATA --out DIR`: masked
tokens of raw posts, then pairs that mean the same, then pairs with a score. It began as `{from_fingerprint}`. All of the plan:

{plan}

## Data

Files by SHA-256. Works made from CC BY-SA sets are given on under the same licence, with the sources named. What it began with, `{from}`,
has a licence of its own.

| file | SHA-256 | source | licence |
| --- | --- | --- | --- |
{data}

## Measured

`JIKIMI_ENCODER__MODEL=DIR jikimi evaluate encoder --data DATA`; percent, but for posts a second of processor time:

{metrics}

## Limits

KorSTS dev was watched while it learned. Texts are reviews, petitions, everyday questions and comments: of trade and work it knows
little. Cosines differ between models: calibrate thresholds and train the head anew before a release uses it.
"""


def card(record: Mapping[str, Any]) -> str:
    """Markdown of a `training.json`; see `embeddings.training.transformer`."""
    plan = record["plan"]
    steps = plan["masked_steps"] + plan["pair_steps"] + plan["scored_steps"]
    files = [
        f"| {path} | `{digest}` | {' | '.join(LICENCES[path.split('/')[0]])} |"
        for path, digest in record["data"].items()
    ]
    return _CARD.format(
        **{name: record[name] for name in ("fingerprint", "parameters", "from", "from_fingerprint", "seed")},
        steps=steps,
        layers=plan["layers"],
        plan=_listed(plan),
        data="\n".join(files),
        metrics=_listed(record["metrics"]),
    )


def _listed(values: Mapping[str, object]) -> str:
    return "\n".join(f"- {name}: {json.dumps(value)}" for name, value in values.items())
