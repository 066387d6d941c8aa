"""Ports of this machine's loopback address."""

import socket

from config.errors import ConfigurationError


def require_free(port: int, *, setting: str) -> None:
    """Raises ConfigurationError when another program listens on `port`, or we may not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise ConfigurationError(f"{setting} is {port}, which needs root; set {setting} to 1024 or more") from None
        except OSError:
            raise ConfigurationError(
                f"{setting} is {port}, which another program uses; stop that one, or set {setting} to a free port"
            ) from None


def free_port() -> int:
    """A port that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
