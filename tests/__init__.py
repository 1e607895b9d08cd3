"""Tests of Jikimi, on a real Kafka and a real Redis."""
