"""Addresses and errors of Redis: where it is, never with what password."""

import pytest
import redis
from pydantic import SecretStr

from embeddings.connection import address_of, connect, redis_errors
from embeddings.errors import BankError
from embeddings.settings import BankSettings

SECRET = "s3cret-pass"  # noqa: S105  # what must not be seen


def settings(url: str) -> BankSettings:
    """Settings with that address."""
    return BankSettings(redis_url=SecretStr(url), timeout_seconds=0.5)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (f"redis://user:{SECRET}@db.example:7000/3", "db.example:7000/3"),
        (f"rediss://:{SECRET}@db.example", "db.example:6379"),
        ("unix:///run/redis.sock?db=1", "/run/redis.sock"),
    ],
)
def test_the_address_is_told_without_the_password(url: str, address: str) -> None:
    """Host, port and database."""
    assert address_of(settings(url)) == address


@pytest.mark.parametrize("url", [f"http://a:{SECRET}@b", f"redis://a:{SECRET}@b:port/0", SECRET, f"redis://[{SECRET}"])
def test_an_address_that_is_none_is_told_without_quoting_it(url: str) -> None:
    """It may hold the password."""
    with pytest.raises(BankError, match="can't be read") as raised:
        connect(settings(url))
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (redis.ConnectionError("Error 111 connecting"), "can't be reached"),
        (redis.TimeoutError("Timeout"), "no answer in time"),
        (redis.AuthenticationError("WRONGPASS"), "user or password"),
        (redis.OutOfMemoryError("OOM"), "is full"),
        (redis.ReadOnlyError("READONLY You can't write"), "READONLY"),
        (redis.exceptions.NoPermissionError("NOPERM"), "ACL"),
        (redis.exceptions.RedisClusterException("no node"), "can't be reached"),
    ],
)
def test_every_error_names_the_address_and_a_mend(error: Exception, said: str) -> None:
    """As a BankError."""
    with pytest.raises(BankError, match=said) as raised, redis_errors("db.example:7000/3"):
        raise error
    assert "db.example:7000/3" in str(raised.value)


def test_a_cluster_that_is_away_is_an_error() -> None:
    """Connecting to a cluster asks it for its nodes at once."""
    wanted = BankSettings(redis_url=SecretStr("redis://127.0.0.1:1/0"), cluster=True, timeout_seconds=0.2)
    with pytest.raises(BankError, match=r"127\.0\.0\.1:1/0 can't be reached"):
        connect(wanted)
