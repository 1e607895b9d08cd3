"""The model card of a trained encoder, written from the record of its training."""

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

_CARD = """# {title}, trained by Jikimi

Fingerprint `{fingerprint}`, {parameters:,} parameters. It expects text normalised by `embeddings.normalise`; vectors are compared by
cosine. `JIKIMI_ENCODER__MODEL=DIR jikimi similarity A B` tries it.

## How it was made

{made} All of the plan:

{plan}

## Data

Files by SHA-256. Works made from CC BY-SA sets are given on under the same licence, with the sources named.{beginning}

| file | SHA-256 | source | licence |
| --- | --- | --- | --- |
{data}

## Measured

`JIKIMI_ENCODER__MODEL=DIR jikimi evaluate encoder --data DATA`; percent, but for posts a second of processor time:

{metrics}

## Limits

KorSTS dev was watched while it learned. Texts are reviews, petitions, everyday questions and comments: of trade and work it knows
little. {limits}Cosines differ between models: calibrate thresholds and train the head anew before a release uses it.
"""
_TRANSFORMER = """`jikimi train encoder --kind transformer --from {from} --seed {seed} --steps {steps} --layers {layers} --data DATA --out DIR`: masked
tokens of raw posts, then pairs that mean the same, then pairs with a score. It began as `{from_fingerprint}`."""
_STATIC = """`jikimi train encoder --seed {seed} --data DATA --out DIR`, on one thread of a CPU: a vector for each token, first from how it is written and
what it stands beside in raw posts, then learned from pairs that mean the same and pairs with a score."""


def transformer_card(record: Mapping[str, Any]) -> str:
    """Markdown of a `training.json`; see `embeddings.training.transformer`."""
    plan = record["plan"]
    steps = plan["masked_steps"] + plan["pair_steps"] + plan["scored_steps"]
    return _card(
        record,
        title="A Korean sentence transformer",
        made=_TRANSFORMER.format(steps=steps, layers=plan["layers"], **record),
        beginning=f" What it began with, `{record['from']}`,\nhas a licence of its own.",
        limits="",
    )


def static_card(record: Mapping[str, Any]) -> str:
    """Markdown of a `training.json`; see `embeddings.training.train`."""
    return _card(
        record,
        title="A static Korean sentence encoder",
        made=_STATIC.format(**record),
        beginning="",
        limits="It knows neither word order nor negation. ",
    )


def _card(record: Mapping[str, Any], **said: str) -> str:
    files = [
        f"| {path} | `{digest}` | {' | '.join(LICENCES[path.split('/')[0]])} |"
        for path, digest in record["data"].items()
    ]
    return _CARD.format(
        fingerprint=record["fingerprint"],
        parameters=record["parameters"],
        plan=_listed(record["plan"]),
        data="\n".join(files),
        metrics=_listed(record["metrics"]),
        **said,
    )


def _listed(values: Mapping[str, object]) -> str:
    return "\n".join(f"- {name}: {json.dumps(value)}" for name, value in values.items())
