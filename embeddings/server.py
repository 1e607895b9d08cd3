"""Whether a Redis server is fit to keep the bank."""

import contextlib
from collections.abc import Iterator
from typing import Any

import redis

from embeddings import keys
from embeddings.connection import redis_errors
from embeddings.errors import BankError
from embeddings.store import ExemplarStore

MINIMUM = (6, 2)  # XADD with MINID


def check_server(store: ExemplarStore) -> list[str]:
    """What an operator should mend, one sentence each; empty where all is well. Raises BankError where it is too old."""
    with redis_errors(store.address):
        return list(_warnings(store))


def _warnings(store: ExemplarStore) -> Iterator[str]:
    information = _information(store.client)
    version = str(information.get("redis_version", "6.2"))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < MINIMUM:
        raise BankError(f"Redis at {store.address} is version {version}; 6.2 or later is needed")
    if (policy := information.get("maxmemory_policy", "noeviction")) != "noeviction":
        yield f"maxmemory-policy is {policy}: exemplars may vanish when memory is short; set it to noeviction"
    if not int(information.get("aof_enabled", 1)):
        yield "append-only is off: a restart loses the changes since the last dump; set appendonly yes"
    elif _setting(store.client, "appendfsync") not in {"always", None}:
        yield "appendfsync is not `always`: a power cut may lose acknowledged changes of the last second"


def _information(client: Any) -> dict[str, Any]:  # noqa: ANN401  # see connection.connect
    with contextlib.suppress(redis.ResponseError):  # managed servers may forbid this question too
        parts = [client.info(part, **_node(client)) for part in ("server", "memory", "persistence")]
        return {key: value for part in parts for key, value in part.items()}
    return {}


def _setting(client: Any, name: str) -> str | None:  # noqa: ANN401
    """A setting of the server, None where it does not tell: managed servers forbid the question."""
    with contextlib.suppress(redis.ResponseError):
        return str(client.config_get(name, **_node(client)).get(name))
    return None


def _node(client: Any) -> dict[str, Any]:  # noqa: ANN401
    """Of a cluster the node that keeps the bank."""
    is_cluster = isinstance(client, redis.RedisCluster)
    return {"target_nodes": client.get_node_from_key(keys.VERSION)} if is_cluster else {}
