"""Settings to kafka-python's keywords, and its errors to ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import kafka.errors

from consumer.errors import KafkaError
from consumer.settings import KafkaSettings

REQUEST_TIMEOUT_MS = (
    8_000  # below the transaction time-out, so that a frozen broker is noticed before it ends the transaction
)
CLOSE_SECONDS = 3  # closing without a limit has none


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """The keywords that every client of kafka-python takes."""
    return {
        "bootstrap_servers": settings.bootstrap_servers.split(","),
        "bootstrap_timeout_ms": settings.connect_timeout_ms,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        "reconnect_backoff_max_ms": 1_000,
        "security_protocol": settings.security_protocol,
        "ssl_cafile": settings.ca_file,
        "ssl_certfile": settings.certificate_file,
        "ssl_keyfile": settings.key_file,
        "ssl_password": settings.key_password.get_secret_value() if settings.key_password else None,
        **_sasl(settings),
    }


def _sasl(settings: KafkaSettings) -> dict[str, Any]:
    if not settings.security_protocol.startswith("SASL") or settings.sasl_password is None:
        return {}
    return {
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": settings.sasl_password.get_secret_value(),
    }


@contextmanager
def readable_errors(doing: str, settings: KafkaSettings) -> Iterator[None]:
    """Turn the client's errors into a KafkaError that says what was being done, and where."""
    try:
        yield
    except kafka.errors.RetriableError as error:
        if isinstance(error, kafka.errors.BrokerResponseError):
            raise KafkaError(
                f"{doing}: Kafka at {settings.bootstrap_servers} can't at present ({_text(error)}); try again in a moment"
            ) from error
        raise KafkaError(
            f"{doing}: no answer from Kafka at {settings.bootstrap_servers} within "
            f"{settings.connect_timeout_ms / 1000:g} s ({_text(error)}); is it running, and is the address right?"
        ) from error
    except kafka.errors.KafkaError as error:
        raise KafkaError(f"{doing}: Kafka at {settings.bootstrap_servers} refuses: {_text(error)}") from error


def _text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
