"""`deploy/haproxy/haproxy.cfg` in a real HAProxy, before three servers that speak TLS and want a certificate."""

import datetime
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from huggingface_hub import set_client_factory
from huggingface_hub.utils._http import default_client_factory

from chatbot.llm.certificates import TrustedServer, use_certificates
from chatbot.llm.client import HubModel
from chatbot.llm.errors import ModelError
from chatbot.llm.model import ChatMessage, Sampling
from chatbot.llm.signed_tokens import Signing, TokenSigner
from tests.integration.sandbox.running import wait_until

HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
CONFIGURATION = Path(__file__).parents[3] / "deploy" / "haproxy" / "haproxy.cfg"
pytestmark = pytest.mark.skipif(HAPROXY is None, reason="HAProxy is not installed (Debian: apt-get install haproxy)")

NOW = datetime.datetime.now(datetime.UTC)
ANSWER = b'data: {"choices":[{"index":0,"delta":{"content":"Yes."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@dataclass
class Authority:
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certificate(self, name: str, key: ec.EllipticCurvePrivateKey, *, is_authority: bool = False) -> bytes:
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - datetime.timedelta(hours=1))
            .not_valid_after(NOW + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, SHA256())
        )
        return made.public_bytes(Encoding.PEM)

    def own(self) -> bytes:
        return self.certificate("authority", self.key, is_authority=True)

    def pair(self, name: str) -> bytes:
        """Certificate and key in one file's content."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self.certificate(name, key) + private(key)


def private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class ModelServer:
    number: int
    address: str = ""
    is_healthy: bool = True
    received: list[tuple[str, str]] = field(default_factory=list)  #: path, authorization; health checks left out


@dataclass
class Proxy:
    port: int
    folder: Path
    servers: list[ModelServer]
    keys: dict[str, ec.EllipticCurvePrivateKey]

    def client(self, certificate: str | None = "caller.pem") -> httpx2.Client:
        context = ssl.create_default_context(cafile=str(self.folder / "clients-ca.pem"))
        if certificate:
            context.load_cert_chain(self.folder / certificate)
        return httpx2.Client(base_url=f"https://localhost:{self.port}", verify=context, trust_env=False, timeout=10)

    def signer(self) -> TokenSigner:
        return TokenSigner(
            Signing(key=self.folder / "private.pem", key_id="current", audience="model-server", issuer="handrail")
        )

    def token(self, **claims: Any) -> str:
        """As Handrail signs it, or with other claims; None takes one away."""
        signer = self.signer()
        if not claims:
            return signer.token()
        kid, key, algorithm = (claims.pop(name, None) for name in ("kid", "key", "algorithm"))
        content = jwt.decode(signer.token(), options={"verify_signature": False}) | claims
        content = {name: value for name, value in content.items() if value is not None}
        return jwt.encode(
            content, key or self.keys["current"], algorithm=algorithm or "ES256", headers={"kid": kid or "current"}
        )

    def split(self, calls: int) -> list[int]:
        """How many of so many calls each server answered."""
        with self.client() as client:
            found = Counter(self.ask(client).headers.get("x-server", "nobody") for _ in range(calls))
        return [found[str(server.number)] for server in self.servers]

    def ask(self, client: httpx2.Client, token: str | None = "", path: str = "/v1/chat/completions") -> httpx2.Response:
        headers = {} if token is None else {"authorization": f"Bearer {token or self.token()}"}
        return client.post(path, json=ASK, headers=headers)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("haproxy")
    outside, inside, strange = Authority(), Authority(), Authority()
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("current", "previous", "strange")}
    for name, content in {
        "clients-ca.pem": outside.own(),
        "servers-ca.pem": inside.own(),
        "proxy.pem": outside.pair("localhost"),
        "proxy-client.pem": inside.pair("proxy"),
        "model-server.pem": inside.pair("model-server"),
        "caller.pem": outside.pair("handrail"),
        "stranger.pem": strange.pair("handrail"),
        "private.pem": private(keys["current"]),
        "jwt-current.pem": public(keys["current"]),
        "jwt-previous.pem": public(keys["previous"]),
    }.items():
        (folder / name).write_bytes(content)
    servers = [ModelServer(number) for number in (1, 2, 3)]
    listening = [listen(server, folder) for server in servers]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "MODEL_PROXY_BIND": f"127.0.0.1:{port}",
        "MODEL_PROXY_FOLDER": str(folder),
        "MODEL_PROXY_CHECK": "100ms",
        "MODEL_SERVER_KEY": "fixed-key",
        **{f"MODEL_SERVER_{server.number}": server.address for server in servers},
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(HAPROXY), "-db", "-f", str(CONFIGURATION)], env=environment, stdout=log, stderr=log
        )
    made = Proxy(port=port, folder=folder, servers=servers, keys=keys)
    try:
        wait_until(lambda: process.poll() is not None or accepts(port))
        assert process.poll() is None, (folder / "log").read_text()
        yield made
    finally:
        process.terminate()
        process.wait(10)
        for server in listening:
            server.shutdown()
            server.server_close()


def accepts(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def listen(server: ModelServer, folder: Path) -> ThreadingHTTPServer:
    """A model server that shows its certificate and wants the proxy's."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_GET(self) -> None:
            self.answer(200 if server.is_healthy else 503)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            server.received.append((self.path, self.headers["authorization"]))
            self.answer(200, ANSWER)

        def answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("x-server", str(server.number))
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "model-server.pem")
    context.load_verify_locations(folder / "servers-ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    made.socket = context.wrap_socket(made.socket, server_side=True, do_handshake_on_connect=False)
    server.address = f"127.0.0.1:{made.server_address[1]}"
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return made


def test_calls_are_split_three_to_two_to_one(proxy: Proxy) -> None:
    # A machine that is busy may miss a health check: then the split is right a moment later.
    wait_until(lambda: proxy.split(60) == [30, 20, 10])


def test_a_sick_server_is_left_out_and_comes_back(proxy: Proxy) -> None:
    sick = proxy.servers[0]
    sick.is_healthy = False
    try:
        wait_until(lambda: proxy.split(30) == [0, 20, 10])
    finally:
        sick.is_healthy = True
    wait_until(lambda: proxy.split(60) == [30, 20, 10])


def test_the_servers_get_their_own_key_and_never_the_token(proxy: Proxy) -> None:
    wait_until(lambda: sum(proxy.split(6)) == 6)
    received = [each for server in proxy.servers for each in server.received]
    assert set(received) == {("/v1/chat/completions", "Bearer fixed-key")}


def test_the_key_before_counts_too_while_keys_are_exchanged(proxy: Proxy) -> None:
    with proxy.client() as client:
        assert proxy.ask(client, proxy.token(kid="previous", key=proxy.keys["previous"])).status_code == 200


@pytest.mark.parametrize("certificate", ["caller.pem", "stranger.pem", None])
def test_our_own_client_gets_through_with_its_certificate_alone(proxy: Proxy, certificate: str | None) -> None:
    url = f"https://localhost:{proxy.port}"
    model = HubModel(url=url, name="m", signer=proxy.signer())
    shown = str(proxy.folder / certificate) if certificate else ""
    authority = str(proxy.folder / "clients-ca.pem")
    use_certificates([TrustedServer(url=f"{url}/v1", certificate=shown, authority=authority)])
    try:
        told, sampling = [ChatMessage(role="user", content="hi")], Sampling(temperature=0.0, maximum_tokens=5)
        if certificate == "caller.pem":
            assert model.reply(told, sampling).text == "Yes."
        else:
            with pytest.raises(ModelError):
                model.reply(told, sampling)
    finally:
        set_client_factory(default_client_factory)


def test_no_token_is_refused(proxy: Proxy) -> None:
    with proxy.client() as client:
        answer = proxy.ask(client, None)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert client.post("/v1/chat/completions", json=ASK, headers={"authorization": "Basic eDp5"}).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"aud": "another"},
        {"aud": None},
        {"iss": "another"},
        {"iss": None},
        {"key": "strange"},
        {"key": "previous"},
        {"kid": "unknown"},
        {"kid": "previous"},
        {"key": "a secret of thirty-two bytes or more", "algorithm": "HS256"},
        {"key": ec.generate_private_key(ec.SECP384R1()), "algorithm": "ES384"},
    ],
)
def test_a_token_that_is_wrong_in_one_thing_is_refused(proxy: Proxy, claims: dict[str, Any]) -> None:
    claims = {**claims, **({"key": proxy.keys[claims["key"]]} if claims.get("key") in list(proxy.keys) else {})}
    with proxy.client() as client:
        assert proxy.ask(client, proxy.token(**claims)).status_code == 401


def test_an_unsigned_token_and_nonsense_are_refused(proxy: Proxy) -> None:
    header, content, signature = proxy.token().split(".")
    content_of_another = proxy.token(sub="x").split(".")[1]
    unsigned = jwt.encode(jwt.decode(proxy.token(), options={"verify_signature": False}), None, algorithm="none")
    with proxy.client() as client:
        for token in ("x", "a.b.c", f"{header}.{content}.", f"{header}.{content_of_another}.{signature}", unsigned):
            assert proxy.ask(client, token).status_code == 401, token


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/",
        "/health",
        "/docs",
        "/v1/load_lora_adapter",
        "/v1/completions",
        "/v1/models/../metrics",
    ],
)
def test_metrics_and_management_are_closed_even_with_a_token(proxy: Proxy, path: str) -> None:
    with proxy.client() as client:
        assert proxy.ask(client, path=path).status_code == 404


@pytest.mark.parametrize("certificate", [None, "stranger.pem"])
def test_a_caller_without_a_certificate_of_ours_is_refused(proxy: Proxy, certificate: str | None) -> None:
    with proxy.client(certificate) as client, pytest.raises(httpx2.TransportError):
        proxy.ask(client)


def test_plain_text_is_refused(proxy: Proxy) -> None:
    with pytest.raises(httpx2.TransportError):
        httpx2.post(f"http://127.0.0.1:{proxy.port}/v1/chat/completions", json=ASK, trust_env=False, timeout=10)


def test_a_model_server_that_gets_no_certificate_of_the_proxy_talks_to_nobody(proxy: Proxy) -> None:
    context = ssl.create_default_context(cafile=str(proxy.folder / "servers-ca.pem"))
    context.check_hostname = False
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"https://{proxy.servers[0].address}/health", verify=context, trust_env=False, timeout=10)


def test_the_log_holds_no_token(proxy: Proxy) -> None:
    token = proxy.token()
    with proxy.client() as client:
        assert proxy.ask(client, token).status_code == 200
    assert token not in (proxy.folder / "log").read_text()
