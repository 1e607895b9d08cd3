"""The proxy forwards, and cuts, stalls and slows when told to."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import Proxy


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while piece := self.request.recv(4096):
            self.request.sendall(piece)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy before a server that sends back what it gets."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Proxy(server.server_address[1]) as made:
            yield made
        server.shutdown()


def connect(proxy: Proxy) -> socket.socket:
    """A client of the proxy."""
    client = socket.create_connection(("127.0.0.1", proxy.port), timeout=5)
    assert echo(client, b"hello") == b"hello"
    return client


def echo(client: socket.socket, message: bytes) -> bytes:
    """What comes back for `message`."""
    client.sendall(message)
    return client.recv(4096)


def test_it_forwards_both_ways(proxy: Proxy) -> None:
    """What is sent comes back whole, also when it is larger than one piece."""
    big = bytes(range(256)) * 2_000
    with connect(proxy) as client:
        threading.Thread(target=client.sendall, args=(big,)).start()
        received = b""
        while len(received) < len(big):
            received += client.recv(65_536)
        assert received == big
        assert proxy.connections == 1


def test_a_cut_connection_ends_and_a_new_one_works(proxy: Proxy) -> None:
    """The client sees the end of its connection; connecting again works at once."""
    with connect(proxy) as client:
        proxy.cut()
        with pytest.raises((ConnectionError, AssertionError)):
            assert echo(client, b"still there?")
    connect(proxy).close()


def test_nothing_gets_through_while_it_refuses(proxy: Proxy) -> None:
    """Neither an old connection nor a new one; afterwards new ones work."""
    with connect(proxy) as old, proxy.refusing():
        for client in (old, socket.create_connection(("127.0.0.1", proxy.port), timeout=5)):
            with client, pytest.raises((ConnectionError, AssertionError)):
                assert echo(client, b"anyone?")
    connect(proxy).close()


def test_a_stalled_connection_goes_on_later(proxy: Proxy) -> None:
    """Nothing moves and nothing is lost."""
    with connect(proxy) as client:
        with proxy.stalled():
            client.sendall(b"late")
            client.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.recv(4096)
        client.settimeout(5)
        assert client.recv(4096) == b"late"


def test_a_slowed_connection_takes_its_time(proxy: Proxy) -> None:
    """There and back, each way waits."""
    with connect(proxy) as client, proxy.slowed(0.2):
        started = time.monotonic()
        assert echo(client, b"slow") == b"slow"
        assert time.monotonic() - started >= 0.4


def test_a_server_that_is_away_is_a_connection_that_ends() -> None:
    """The proxy outlives the server behind it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Proxy(port) as proxy, socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        with pytest.raises((ConnectionError, AssertionError)):
            assert echo(client, b"anyone?")
        with socketserver.ThreadingTCPServer(("127.0.0.1", port), _Echo) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            connect(proxy).close()
            server.shutdown()
