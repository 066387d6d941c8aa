"""Fetches pages of the public web for imports: no private address, no endless body, no redirect to one.

A name is resolved once and the connection is made to the address that was checked, so that a name that changes its
address in between (DNS rebinding) gains nothing. Every redirect is checked again. Names in FETCH_PRIVATE_HOSTS may be
private.
"""

import ipaddress
import socket
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import httpx2
from django.conf import settings

from knowledge.errors import AddressRefused, FileUnreadable, SourceUnavailable

AGENT: Final = "Handrail-Import/1.0"
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 15.0
TOTAL_SECONDS: Final = 40.0  #: of one fetch, its redirects included
REDIRECTS_MAX: Final = 5
URL_MAX_CHARACTERS: Final = 2_000
ROBOTS_MAX_BYTES: Final = 500_000

#: Ranges that Python counts as global and that lead to private addresses all the same, or to nowhere.
_TUNNELS: Final = tuple(
    ipaddress.ip_network(network) for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)

#: host, port -> numeric addresses; as `socket.getaddrinfo`, for tests to replace.
Resolver = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One answer, whatever its status."""

    url: str  #: after redirects
    status: int
    content_type: str  #: "text/html", lower case, without parameters
    charset: str  #: as the header says; "" = it does not
    body: bytes


def resolve(host: str, port: int) -> list[str]:
    """Numeric addresses of `host`. Raises `SourceUnavailable`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceUnavailable(f"{host} is not known to the network's name server") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the public internet."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
        if any(parsed in network for network in _TUNNELS):
            return False
    return parsed.is_global and not parsed.is_multicast


@dataclass(slots=True)
class Fetcher:
    """One import's view of the web. May be used by several threads."""

    private_hosts: frozenset[str] = field(default_factory=lambda: frozenset(settings.FETCH_PRIVATE_HOSTS))
    resolver: Resolver = resolve
    total_seconds: float = TOTAL_SECONDS
    _client: httpx2.Client = field(init=False)
    _robots: dict[str, RobotFileParser] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._client = httpx2.Client(
            headers={"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate"},
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,  # each is checked as the first address is
            trust_env=False,  # a proxy would resolve names by itself
            cookies=None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, url: str, *, max_bytes: int) -> Fetched:
        """Raises `AddressRefused` and `SourceUnavailable`; an answer such as 404 is none of these."""
        until = time.monotonic() + self.total_seconds
        for _redirect in range(REDIRECTS_MAX + 1):
            answer, target = self._get_once(url, max_bytes, until)
            if not target:
                return answer
            url = urljoin(url, target)
        raise SourceUnavailable(f"is redirected more than {REDIRECTS_MAX} times")

    def is_allowed(self, url: str) -> bool:
        """What the site's robots.txt says; one that the site cannot show (status 5xx) forbids everything."""
        parts = urlsplit(url)
        place = f"{parts.scheme}://{parts.netloc}"
        rules = self._robots.get(place)
        if rules is None:
            rules = RobotFileParser()
            answer = self.get(f"{place}/robots.txt", max_bytes=ROBOTS_MAX_BYTES)
            if answer.status >= 500:
                rules.disallow_all = True  # type: ignore[attr-defined]  # the stub leaves it out
            elif answer.status >= 400:
                rules.allow_all = True  # type: ignore[attr-defined]
            else:
                rules.parse(answer.body.decode("utf-8", "replace").splitlines())
            self._robots[place] = rules
        return rules.can_fetch(AGENT, url)

    def sitemaps_of(self, url: str) -> list[str]:
        """Addresses of sitemaps that the robots.txt of this site names."""
        self.is_allowed(url)
        parts = urlsplit(url)
        return list(self._robots[f"{parts.scheme}://{parts.netloc}"].site_maps() or [])

    def _get_once(self, url: str, max_bytes: int, until: float) -> tuple[Fetched, str]:
        """(the answer, where it redirects to or "")."""
        target, headers, extensions = self._pinned(url)
        try:
            with self._client.stream("GET", target, headers=headers, extensions=extensions) as response:
                location = response.headers.get("location", "")
                if response.status_code in (301, 302, 303, 307, 308) and location:
                    return Fetched(
                        url=url, status=response.status_code, content_type="", charset="", body=b""
                    ), location
                body = _bounded(response, max_bytes, until)
                kind, _, _ = response.headers.get("content-type", "").partition(";")
                return (
                    Fetched(
                        url=url,
                        status=response.status_code,
                        content_type=kind.strip().lower(),
                        charset=response.charset_encoding or "",
                        body=body,
                    ),
                    "",
                )
        except httpx2.TimeoutException as error:
            raise SourceUnavailable("does not answer in time") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, zlib.error, ValueError) as error:
            raise SourceUnavailable(f"cannot be fetched ({type(error).__name__})") from error

    def _pinned(self, url: str) -> tuple[str, dict[str, str], dict[str, object]]:
        """The address with the checked number in place of the name, and what makes it the name's all the same."""
        host, port, is_secure = _parts(url)
        addresses = self.resolver(host, port)
        if not addresses:
            raise SourceUnavailable(f"{host} has no address")
        if host not in self.private_hosts and not all(is_public(address) for address in addresses):
            raise AddressRefused(
                f"{host} leads to a private address; only public web sites are fetched (setting FETCH_PRIVATE_HOSTS)"
            )
        number = addresses[0].partition("%")[0]
        shown = f"[{number}]" if ":" in number else number
        parts = urlsplit(url)
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        named = f"[{host}]" if ":" in host else host
        header = named if port == (443 if is_secure else 80) else f"{named}:{port}"
        extensions: dict[str, object] = {"sni_hostname": host} if is_secure else {}
        return f"{parts.scheme}://{shown}:{port}{path}", {"Host": header}, extensions


def _parts(url: str) -> tuple[str, int, bool]:
    """(host, port, whether it is https). Raises `AddressRefused`."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host if ":" in host or host.isascii() else host.encode("idna").decode()
    except (ValueError, UnicodeError) as error:
        raise AddressRefused("is no web address") from error
    if len(url) > URL_MAX_CHARACTERS or any(character.isspace() or not character.isprintable() for character in url):
        raise AddressRefused("is no web address")
    if parts.scheme not in ("http", "https") or not host:
        raise AddressRefused("is not fetched: the address must start with https:// or http://")
    if parts.username or parts.password:
        raise AddressRefused("is not fetched: a name and a password must not stand in the address")
    return host, port or (443 if parts.scheme == "https" else 80), parts.scheme == "https"


def _bounded(response: httpx2.Response, max_bytes: int, until: float) -> bytes:
    """The body, unpacked. Its announced length is not believed."""
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > max_bytes:
            raise SourceUnavailable(f"has more than {max_bytes} bytes")
        if time.monotonic() > until:
            raise SourceUnavailable("does not end in time")
        pieces.append(piece)
    return b"".join(pieces)


def unpacked(data: bytes, *, max_bytes: int) -> bytes:
    """A gzip file (sitemap.xml.gz) unpacked, or `data` where it is none. Raises `FileUnreadable`."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(data, max_bytes)
    except zlib.error as error:
        raise FileUnreadable("is damaged (gzip)") from error
    if unpacker.unconsumed_tail:
        raise FileUnreadable(f"unpacks to more than {max_bytes} bytes")
    return content
