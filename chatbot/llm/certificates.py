"""Certificates for the way to model servers: whom we trust there, and what we show.

huggingface_hub shares one HTTP client among all calls of a process; what is set here counts for the servers' addresses
alone, so that no other server is shown our certificate.
"""

import logging
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import set_client_factory

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_in_use: frozenset["TrustedServer"] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedServer:
    """Which certificate a server is shown, and whom we trust there; "" for none, and for the machine's authorities."""

    url: str
    certificate: str = ""  #: path of a PEM file with chain and key
    authority: str = ""  #: path of a PEM file

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def context(self) -> ssl.SSLContext:
        """Raises `OSError` (of which `ssl.SSLError` is one)."""
        context = ssl.create_default_context(cafile=self.authority or None)
        if self.certificate:
            context.load_cert_chain(self.certificate, password="")  # never asked for at a terminal
        return context


def use_certificates(servers: Iterable[TrustedServer]) -> None:
    """For calls of these servers from now on, instead of what was set before; nothing happens where it is the same.

    Connections are built anew then, and calls under way fail: pools are asked after it. A file that cannot be read is
    logged and left out, so that calls of its server fail and no other's.
    """
    global _in_use
    wanted = frozenset(servers)
    with _lock:
        if wanted == _in_use:
            return
        contexts: dict[str, ssl.SSLContext] = {}
        for server in wanted:
            try:
                contexts[server.origin] = server.context()
            except OSError as error:
                logger.error(
                    "certificate of a model server cannot be used",
                    extra={"action": "model_certificate", "origin": server.origin, "error": type(error).__name__},
                )
        set_client_factory(
            lambda: httpx2.Client(
                mounts={origin: httpx2.HTTPTransport(verify=context) for origin, context in contexts.items()},
                follow_redirects=True,
                timeout=None,
            )
        )
        _in_use = wanted
