"""A TCP proxy that can cut, stall and slow the connections that go through it."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from jikimi.local.ports import HOST

CHUNK_BYTES = 64 * 1024
CONNECT_SECONDS = 2.0


class Proxy:
    """Forwards every connection to `port` of this machine. The server behind may come and go; the proxy stays."""

    def __init__(self, upstream_port: int, port: int = 0) -> None:
        """Listen at once, on `port` or, where it is 0, on a free one."""
        self._upstream_port = upstream_port
        self._listener = socket.create_server((HOST, port), backlog=64)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._refusing = False
        self._delay = 0.0
        self._closed = False
        threading.Thread(target=self._accept, name=f"proxy-{self.port}", daemon=True).start()

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self._listener.getsockname()[1])

    @property
    def connections(self) -> int:
        """How many are open at present."""
        with self._lock:
            return len(self._open) // 2

    def cut(self) -> None:
        """Reset every open connection; new ones are served."""
        with self._lock:
            victims, self._open = self._open, set()
        for each in victims:
            _reset(each)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """While the block runs nothing gets through: open connections are reset, new ones too."""
        self._refusing = True
        self.cut()
        try:
            yield
        finally:
            self._refusing = False

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """While the block runs connections stay open and nothing moves; it arrives afterwards."""
        self._flowing.clear()
        try:
            yield
        finally:
            self._flowing.set()

    @contextmanager
    def slowed(self, seconds: float) -> Iterator[None]:
        """While the block runs every piece (64 KiB at most) waits for `seconds` first, either way."""
        self._delay = seconds
        try:
            yield
        finally:
            self._delay = 0.0

    def close(self) -> None:
        """End all connections and listen no more."""
        self._closed = True
        self._flowing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                _reset(client)
            else:
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection((HOST, self._upstream_port), timeout=CONNECT_SECONDS)
        except OSError:
            _reset(client)
            return
        for each in (client, server):
            each.settimeout(None)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {client, server}
        if self._refusing or self._closed:
            self.cut()
        threading.Thread(target=self._pump, args=(server, client), daemon=True).start()
        self._pump(client, server)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(CHUNK_BYTES):
                if self._delay:
                    time.sleep(self._delay)
                self._flowing.wait()
                sink.sendall(piece)
        except OSError:
            pass
        with self._lock:
            self._open -= {source, sink}
        for each in (source, sink):
            _reset(each)


def _reset(connection: socket.socket) -> None:
    """Close; `shutdown` first, since closing alone does not wake the thread that reads."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
