"""A worker's metrics as its health endpoint tells them."""

from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, tuple[str, ...]]


def scrape(address: str) -> dict[Sample, float]:
    """Every sample of the worker at `address` (`http://host:port`), by its name and the values of its labels."""
    with urlopen(f"{address}/metrics", timeout=10) as answer:  # noqa: S310  # our own worker
        text = answer.read().decode()
    return {
        (each.name, tuple(each.labels.values())): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


def value(samples: dict[Sample, float], name: str, *labels: str) -> float:
    """One of `samples`; 0 for a series that has not begun."""
    return samples.get((name, labels), 0.0)
