"""What follows for a web process from the address at which the world reaches it, behind a proxy that ends TLS."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from config.errors import ConfigurationError

#: How long a browser that was here insists on https. A month: long enough to protect, short enough to take back.
HSTS_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAddress:
    origin: str  #: such as https://support.example.com, without a slash at its end
    host: str  #: without the port, as ALLOWED_HOSTS wants it
    secure: bool  #: https

    def security_settings(self) -> dict[str, Any]:
        """Django's settings for https; none for http.

        They trust the proxy's `X-Forwarded-Proto`, so the web process must be reachable through that proxy only.
        """
        if not self.secure:
            return {}
        return {
            "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
            "SECURE_SSL_REDIRECT": True,
            "SECURE_SSL_HOST": urlsplit(self.origin).netloc,
            # Who asks for these is on this machine or in the same network, and speaks http.
            "SECURE_REDIRECT_EXEMPT": [r"^healthz$", r"^readyz$", r"^metrics$"],
            "SECURE_HSTS_SECONDS": HSTS_SECONDS,
            "SESSION_COOKIE_SECURE": True,
            "CSRF_COOKIE_SECURE": True,
            "LANGUAGE_COOKIE_SECURE": True,
            # Whether every other host of the domain speaks https is for its owner to say, not for us.
            "SILENCED_SYSTEM_CHECKS": ["security.W005", "security.W021"],
        }


def public_address(url: str) -> PublicAddress | None:
    """From the value of PUBLIC_URL, which is an absolute address; None where it is empty."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None or not parts.hostname:
        raise ConfigurationError("PUBLIC_URL must be a scheme and a host alone, such as https://support.example.com")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    origin = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    return PublicAddress(origin=origin, host=host, secure=parts.scheme == "https")
