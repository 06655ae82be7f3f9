"""Ports to listen on: any that is free, or the wanted one, or a sentence that says what to do about it."""

import errno
import socket


class PortBusyError(Exception):
    """The wanted port cannot be had; the message is for the person at the terminal."""


def free_port(host: str = "127.0.0.1", wanted: int | None = None, setting: str = "PORT") -> int:
    """
    `wanted` if this process may listen there, and without a wish any free port.

    It is free now; whoever listens on it should do so soon.
    raises: PortBusyError, naming the port and the `setting` that chooses another
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed connections of an earlier run do not count
        try:
            probe.bind((host, wanted or 0))
            probe.listen()
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise PortBusyError(
                f"Port {wanted} on {host} {why}; choose another, for example {setting}={free_port(host)}."
            ) from error
        port: int = probe.getsockname()[1]
    return port
