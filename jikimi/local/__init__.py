"""Kafka and Redis on this machine, with no Docker: for the demo, the tests and trying things out."""
