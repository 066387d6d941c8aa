"""Bearer tokens for the model server, signed anew for each call.

A stolen one is worth little: it lasts a minute, for one audience. The proxy before the servers verifies it
(`deploy/haproxy/`). Keys are exchanged by putting another file in place, without a restart.
"""

import logging
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chatbot.conf import MODEL_JWT_SECONDS
from chatbot.llm.errors import ModelRefused

logger = logging.getLogger(__name__)

_LEAST_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signs for whom, and with what."""

    key: Path  #: a PEM file, or a folder of `<key id>.pem`
    key_id: str  #: "": the file's name tells; in a folder the last name counts
    audience: str
    issuer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    state: tuple[str, int, int, int]  #: of the file it was read from
    key: RSAPrivateKey | EllipticCurvePrivateKey
    key_id: str

    @property
    def algorithm(self) -> str:
        return "RS256" if isinstance(self.key, RSAPrivateKey) else "ES256"


class TokenSigner:
    """Thread-safe: what is shared is replaced whole."""

    def __init__(self, signing: Signing) -> None:
        self._signing = signing
        self._loaded: _Loaded | None = None

    def token(self) -> str:
        """A new token. Raises `ModelRefused` where there never was a usable key."""
        loaded = self._current()
        now = int(time.time())
        claims = {
            "iss": self._signing.issuer,
            "aud": self._signing.audience,
            "iat": now,
            "exp": now + MODEL_JWT_SECONDS,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(claims, loaded.key, algorithm=loaded.algorithm, headers={"kid": loaded.key_id})

    def _current(self) -> _Loaded:
        """The key that lies there now; while it cannot be used, the one before."""
        try:
            file = self._file()
            found = file.stat()
            state = (str(file), found.st_ino, found.st_mtime_ns, found.st_size)
            if self._loaded is None or self._loaded.state != state:
                key = _usable(file.read_bytes())
                self._loaded = _Loaded(state=state, key=key, key_id=self._signing.key_id or file.stem)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            if self._loaded is None:
                raise ModelRefused(f"MODEL_JWT_KEY cannot be used: {_reason(error)}") from error
            logger.warning("model key cannot be used", extra={"action": "model_key", "error": type(error).__name__})
        return self._loaded

    def _file(self) -> Path:
        """Symbolic links are followed: the name of the file behind is the key's id."""
        key, key_id = self._signing.key, self._signing.key_id
        if not key.is_dir():
            return key.resolve()
        names = [f"{key_id}.pem"] if key_id else sorted(file.name for file in key.glob("*.pem"))
        if not names:
            raise ValueError("the folder holds no file that ends in .pem")
        return key / names[-1]


@lru_cache(maxsize=8)
def signer_for(signing: Signing) -> TokenSigner:
    """This process' signer."""
    return TokenSigner(signing)


def _usable(pem: bytes) -> RSAPrivateKey | EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, password=None)
    if isinstance(key, RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS:
        return key
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key
    raise ValueError(f"it must be an RSA key of {_LEAST_RSA_BITS} bits or more, or an EC key on P-256")


def _reason(error: Exception) -> str:
    """In words that hold no part of the key."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, TypeError):
        return "it is protected by a password"
    text = str(error)
    return text if text.startswith(("it must", "the folder")) else "it is no private key in PEM form"
