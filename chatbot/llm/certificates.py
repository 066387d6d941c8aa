"""Certificates for the way to the model server: whom we trust there, and what we show.

huggingface_hub shares one HTTP client among all calls of a process; what is set here counts for the model server's
address alone, so that no other server is shown our certificate.
"""

import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import set_client_factory


def use_certificates(*, url: str, certificate: Path | None, authority: Path | None) -> None:
    """For calls of `url` from now on: shows `certificate` (chain and key in one PEM file) and trusts `authority`.

    None means no certificate, and the machine's own authorities. Raises `OSError` (of which `ssl.SSLError` is one).
    """
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    if certificate:
        context.load_cert_chain(certificate, password="")  # never asked for at a terminal
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    set_client_factory(
        lambda: httpx2.Client(
            mounts={origin: httpx2.HTTPTransport(verify=context)}, follow_redirects=True, timeout=None
        )
    )
