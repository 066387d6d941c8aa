"""Is this really Intercom? HMAC over the raw bytes, compared in constant time."""

import hashlib
import hmac


def webhook_signature(body: bytes, secret: str) -> str:
    """The value of `X-Hub-Signature` for `body`: `sha1=` and 40 hex digits."""
    return "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def is_signed(body: bytes, *, signature: str, secret: str) -> bool:
    """True if `signature` fits `body`. An empty secret fits nothing: else anybody could sign."""
    if not secret or not signature:
        return False
    return hmac.compare_digest(webhook_signature(body, secret).encode(), signature.strip().encode())
