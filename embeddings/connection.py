"""The way to Redis: one client for a server or a cluster, time limits on every call, errors that name the address."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from embeddings.errors import BankError
from embeddings.settings import BankSettings

_RETRIES = 1  # a pooled connection may have died with the server's last life; the next one is fresh
_DEFAULT_PORT = 6379


_BAD_ADDRESS = (
    "the Redis address can't be read; write it as redis://user:password@host:6379/0 (rediss:// for TLS), with special "
    "characters in the password percent-encoded"
)


def address_of(settings: BankSettings) -> str:
    """`host:port/db` without user and password. Raises BankError where the address is none."""
    try:
        parts = urlsplit(settings.redis_url.get_secret_value())
        place = f"{parts.hostname or ''}:{parts.port or _DEFAULT_PORT}{parts.path}"
    except ValueError:  # its text may quote the password
        raise BankError(_BAD_ADDRESS) from None
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise BankError(_BAD_ADDRESS)
    return parts.path if parts.scheme == "unix" else place


def connect(settings: BankSettings) -> Any:  # noqa: ANN401  # redis.Redis or RedisCluster, whose types say Awaitable throughout
    """A client that gives bytes and waits at most `timeout_seconds` for each answer. Raises BankError."""
    address, kind = address_of(settings), redis.RedisCluster if settings.cluster else redis.Redis
    try:
        with redis_errors(address):
            return kind.from_url(
                settings.redis_url.get_secret_value(),
                socket_timeout=settings.timeout_seconds,
                socket_connect_timeout=settings.timeout_seconds,
                socket_keepalive=True,
                retry=Retry(ConstantBackoff(0.05), _RETRIES),
            )
    except ValueError:  # its text may quote the address
        raise BankError(_BAD_ADDRESS) from None


@contextmanager
def redis_errors(address: str) -> Iterator[None]:
    """Turn whatever the client raises into a BankError with the address and a mend."""
    try:
        yield
    except redis.AuthenticationError as error:
        raise BankError(f"Redis at {address} refuses the user or password ({error}): correct bank.redis_url") from None
    except (redis.ConnectionError, redis.TimeoutError, redis.exceptions.RedisClusterException) as error:
        reason = "no answer in time" if isinstance(error, redis.TimeoutError) else _first_line(error)
        raise BankError(
            f"Redis at {address} can't be reached ({reason}): start it, or correct bank.redis_url"
        ) from None
    except redis.OutOfMemoryError:
        raise BankError(
            f"Redis at {address} is full: raise its maxmemory, or remove exemplars; nothing was changed"
        ) from None
    except redis.RedisError as error:
        raise BankError(f"Redis at {address} refuses ({_first_line(error)}): its log and ACL say more") from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__
