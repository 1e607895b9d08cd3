"""The health endpoint: /live, /ready and /metrics over plain HTTP."""

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from consumer.errors import ConsumerError

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Answer = tuple[HTTPStatus, str, bytes]

REQUEST_SECONDS = 5  # a client that sends nothing must not hold a thread


class HealthServer:
    """Answers from a thread of its own. `live` and `ready` give named checks; all must hold for 200, else 503."""

    def __init__(
        self,
        address: str,
        port: int,
        live: Callable[[], Mapping[str, bool]],
        ready: Callable[[], Mapping[str, bool]],
        metrics: Callable[[], bytes],
    ) -> None:
        """Bind. Raises ConsumerError where the port is taken."""
        self._answers: dict[str, Callable[[], Answer]] = {
            "/live": lambda: _checks(live()),
            "/ready": lambda: _checks(ready()),
            "/metrics": lambda: (HTTPStatus.OK, METRICS_TYPE, metrics()),
        }
        try:
            self._server = ThreadingHTTPServer((address, port), self._handler())
        except OSError as error:
            raise ConsumerError(
                f"the health endpoint can't listen on {address}:{port} ({error}); set health_port to a free one, or to 0"
            ) from error
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        """`host:port` as bound."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answers = self._answers

        class Handler(BaseHTTPRequestHandler):
            timeout = REQUEST_SECONDS

            def do_GET(self) -> None:  # the name http.server calls
                answer = answers.get(self.path.partition("?")[0])
                status, kind, body = answer() if answer else (HTTPStatus.NOT_FOUND, "text/plain", b"not found\n")
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
                """Requests are not logged."""

        return Handler


def _checks(checks: Mapping[str, bool]) -> Answer:
    status = HTTPStatus.OK if all(checks.values()) else HTTPStatus.SERVICE_UNAVAILABLE
    return status, "application/json", json.dumps(dict(checks)).encode() + b"\n"
