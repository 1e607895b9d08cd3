"""TCP ports of this machine."""

import socket

from jikimi.errors import LocalStackError

HOST = "127.0.0.1"


def claim(port: int, server: str, option: str) -> int:
    """`port` if it is free, or a free one where `port` is 0. Raises LocalStackError where it is taken."""
    with socket.socket() as probe:
        # As the servers do: a port whose last connections are still in TIME_WAIT is free (RFC 9293, 3.6.1).
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            mend = f"stop what listens there, or give another port: `{option} N` (0 takes any free one)"
            raise LocalStackError(f"port {port} for {server} can't be used ({error.strerror}); {mend}") from None
        return int(probe.getsockname()[1])
