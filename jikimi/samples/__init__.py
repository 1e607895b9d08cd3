"""Composed posts and exemplars: shown by the demo, and kept to measure with. Nothing is ever trained on them."""

from pathlib import Path

SAMPLES = Path(__file__).parent
SAMPLE_POSTS = ("incheon-suwon.jsonl", "daegu-gwangju.jsonl")
SAMPLE_EXEMPLARS = ("exemplars.jsonl", "exemplars-south.jsonl")
