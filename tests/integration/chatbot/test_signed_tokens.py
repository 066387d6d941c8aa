"""The model server gets a token that is signed anew for each call, over real HTTP."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from chatbot.llm.client import HubModel
from chatbot.llm.errors import ModelRefused
from chatbot.llm.model import ChatMessage, Sampling
from chatbot.llm.signed_tokens import Signing, TokenSigner

EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"Yes."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Listening:
    url: str = ""
    tokens: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def listening() -> Iterator[Listening]:
    seen = Listening()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            seen.tokens.append(self.headers["authorization"].removeprefix("Bearer "))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(EVENT)

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield seen
    server.shutdown()
    server.server_close()
    thread.join(5)


def pem(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def model(listening: Listening, key: Path, key_id: str = "") -> HubModel:
    signer = TokenSigner(Signing(key=key, key_id=key_id, audience="models", issuer="support"))
    return HubModel(url=listening.url, name="m", signer=signer)


def received(listening: Listening, asked: HubModel) -> str:
    asked.reply([ChatMessage(role="user", content="hi")], Sampling(temperature=0.0, maximum_tokens=5))
    return listening.tokens[-1]


def put(folder: Path, name: str, content: bytes) -> None:
    """In one step, as an operator is told to."""
    (folder / "new").write_bytes(content)
    (folder / "new").replace(folder / name)


@pytest.mark.parametrize(("key", "algorithm"), [(EC_KEY, "ES256"), (RSA_KEY, "RS256")])
def test_the_server_can_verify_who_signed_for_whom_and_until_when(
    listening: Listening, tmp_path: Path, key: Any, algorithm: str
) -> None:
    put(tmp_path, "2026-11.pem", pem(key))
    token = received(listening, model(listening, tmp_path / "2026-11.pem"))
    claims = jwt.decode(
        token,
        key.public_key(),
        algorithms=[algorithm],
        audience="models",
        issuer="support",
        options={"require": ["exp", "iat", "aud", "iss", "jti"]},
    )
    assert claims["exp"] - claims["iat"] == 60
    assert jwt.get_unverified_header(token)["kid"] == "2026-11"


def test_every_call_has_its_own_token(listening: Listening, tmp_path: Path) -> None:
    put(tmp_path, "a.pem", pem(EC_KEY))
    asked = model(listening, tmp_path)
    assert received(listening, asked) != received(listening, asked)


def test_a_new_key_in_the_folder_counts_from_the_next_call(listening: Listening, tmp_path: Path) -> None:
    put(tmp_path, "2026-11.pem", pem(EC_KEY))
    asked = model(listening, tmp_path)
    assert jwt.get_unverified_header(received(listening, asked))["kid"] == "2026-11"
    put(tmp_path, "2026-12.pem", pem(RSA_KEY))
    token = received(listening, asked)
    assert jwt.get_unverified_header(token)["kid"] == "2026-12"
    jwt.decode(token, RSA_KEY.public_key(), algorithms=["RS256"], audience="models")


def test_a_file_that_is_replaced_counts_from_the_next_call(listening: Listening, tmp_path: Path) -> None:
    put(tmp_path, "key.pem", pem(EC_KEY))
    asked = model(listening, tmp_path / "key.pem", key_id="k1")
    received(listening, asked)
    put(tmp_path, "key.pem", pem(OTHER_EC_KEY))
    token = received(listening, asked)
    jwt.decode(token, OTHER_EC_KEY.public_key(), algorithms=["ES256"], audience="models")
    assert jwt.get_unverified_header(token)["kid"] == "k1"


def test_an_id_picks_the_key_of_a_folder(listening: Listening, tmp_path: Path) -> None:
    put(tmp_path, "a.pem", pem(EC_KEY))
    put(tmp_path, "b.pem", pem(RSA_KEY))
    token = received(listening, model(listening, tmp_path, key_id="a"))
    assert jwt.get_unverified_header(token)["kid"] == "a"


@pytest.mark.parametrize("content", [b"", pem(EC_KEY)[:60]], ids=["empty", "half"])
def test_the_old_key_goes_on_while_the_new_one_cannot_be_read(
    listening: Listening, tmp_path: Path, content: bytes
) -> None:
    put(tmp_path, "a.pem", pem(EC_KEY))
    asked = model(listening, tmp_path)
    received(listening, asked)
    put(tmp_path, "b.pem", content)
    assert jwt.get_unverified_header(received(listening, asked))["kid"] == "a"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "No such file"),
        (b"secret words", "no private key in PEM form"),
        (EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")), "by a password"),
        (
            pem(ec.generate_private_key(ec.SECP384R1())),
            "it must be an RSA key of 2048 bits or more, or an EC key on P-256",
        ),
    ],
    ids=["nothing", "no key", "encrypted", "another curve"],  # keys differ from one half of the run to the other
)
def test_a_key_that_cannot_be_used_is_said_before_anything_is_sent(
    listening: Listening, tmp_path: Path, content: bytes | None, named: str
) -> None:
    if content is not None:
        put(tmp_path, "a.pem", content)
    sent = len(listening.tokens)
    with pytest.raises(ModelRefused, match=f"MODEL_JWT_KEY cannot be used: .*{named}") as caught:
        received(listening, model(listening, tmp_path / "a.pem"))
    assert "secret words" not in str(caught.value)
    assert len(listening.tokens) == sent


def test_an_empty_folder_is_said(listening: Listening, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="holds no file"):
        received(listening, model(listening, tmp_path))


def test_a_fixed_token_stays_possible(listening: Listening) -> None:
    assert received(listening, HubModel(url=listening.url, name="m", token="fixed")) == "fixed"


def test_the_settings_lead_to_a_signed_token(listening: Listening, tmp_path: Path, settings: Any, db: None) -> None:
    from chatbot.model_pools import configured_model

    put(tmp_path, "k.pem", pem(EC_KEY))
    settings.MODEL_URL, settings.MODEL_NAME, settings.MODEL_TOKEN = listening.url, "m", ""
    settings.MODEL_JWT_KEY, settings.MODEL_JWT_KEY_ID = str(tmp_path), ""
    settings.MODEL_JWT_AUDIENCE, settings.MODEL_JWT_ISSUER = "models", "support"
    model = configured_model()
    assert model is not None
    jwt.decode(
        received(listening, model), EC_KEY.public_key(), algorithms=["ES256"], audience="models", issuer="support"
    )
