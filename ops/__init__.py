"""Prometheus rules and the Grafana dashboard; not in the wheel."""
