"""Nothing but public web pages is fetched, whatever names, redirects and bodies try."""

import gzip
from collections.abc import Iterator

import pytest

from knowledge.errors import AddressRefused, FileUnreadable, SourceUnavailable
from knowledge.fetching import Fetcher, is_public, unpacked
from tests.integration.knowledge.web import Web, running_web


@pytest.fixture
def web() -> Iterator[Web]:
    with running_web() as running:
        yield running


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(private_hosts=frozenset({"127.0.0.1"})) as ready:
        yield ready


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
        ),
        *(
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "224.0.0.1",
            "ff02::1",
        ),
        *("198.18.0.1", "192.0.2.1", "fe80::1%eth0", "nonsense", ""),
    ],
)
def test_private_addresses_are_told_from_public_ones(address: str) -> None:
    assert is_public(address) is False
    assert is_public("93.184.216.34") and is_public("2606:2800:220:1:248:1893:25c8:1946")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "http://2130706433/", "http://0x7f.1/", "http://0/",
        "http://169.254.169.254/latest/meta-data/", "http://[::ffff:127.0.0.1]/", "ftp://example.com/", "file:///etc/passwd",
        "http://user:secret@example.com/", "http:///nohost", "gopher://example.com",
        "http://exa mple.com/", "//example.com",
        "http://127.0.0.1./", "http://[::1", "http://example.com:99999/", "http://example.com/\r\nX: y",
    ],
)  # fmt: skip
def test_addresses_that_are_never_fetched(url: str) -> None:
    with Fetcher() as fetcher, pytest.raises(SourceUnavailable):
        fetcher.get(url, max_bytes=1_000)


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    with Fetcher(resolver=lambda host, port: ["93.184.216.34", "10.0.0.1"]) as fetcher, pytest.raises(AddressRefused):
        fetcher.get("http://mixed.example/", max_bytes=1_000)


def test_a_redirect_to_a_private_address_is_refused_before_it_is_asked(web: Web) -> None:
    names = {"allowed.example": ["127.0.0.1"], "inside.example": ["127.0.0.1"]}
    port = web.url.rsplit(":", 1)[1]
    web.redirect("/", f"http://inside.example:{port}/secret")
    with (
        Fetcher(private_hosts=frozenset({"allowed.example"}), resolver=lambda host, port: names[host]) as fetcher,
        pytest.raises(AddressRefused, match=r"inside\.example"),
    ):
        fetcher.get(f"http://allowed.example:{port}/", max_bytes=1_000)
    assert [path for path, _ in web.asked] == ["/"]


def test_the_checked_address_is_the_one_connected_to(web: Web) -> None:
    """A name server that answers differently the second time is not asked a second time."""
    answers = iter([["127.0.0.1"]])
    port = web.url.rsplit(":", 1)[1]
    web.page("/", "words")
    with Fetcher(private_hosts=frozenset({"rebinding.example"}), resolver=lambda host, port: next(answers)) as fetcher:
        assert fetcher.get(f"http://rebinding.example:{port}/", max_bytes=1_000).body == b"words"
    assert web.asked == [("/", f"rebinding.example:{port}")]


def test_a_body_over_the_limit_is_given_up(web: Web, fetcher: Fetcher) -> None:
    web.page("/endless", b"x" * 10_000, repeat=100)
    with pytest.raises(SourceUnavailable, match="more than 50000 bytes"):
        fetcher.get(f"{web.url}/endless", max_bytes=50_000)


def test_a_packed_body_is_measured_unpacked(web: Web, fetcher: Fetcher) -> None:
    web.page("/bomb", gzip.compress(b"0" * 1_000_000), headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceUnavailable, match="more than 50000 bytes"):
        fetcher.get(f"{web.url}/bomb", max_bytes=50_000)
    with pytest.raises(FileUnreadable, match="more than 50000"):
        unpacked(gzip.compress(b"0" * 1_000_000), max_bytes=50_000)
    assert unpacked(gzip.compress(b"words"), max_bytes=50_000) == b"words"


def test_a_body_that_drips_ends_in_time(web: Web) -> None:
    web.page("/slow", b"x" * 1_000, repeat=1_000)
    hurried = Fetcher(private_hosts=frozenset({"127.0.0.1"}), total_seconds=0.0)
    with hurried as fetcher, pytest.raises(SourceUnavailable, match="in time"):
        fetcher.get(f"{web.url}/slow", max_bytes=10_000_000)


def test_redirects_are_followed_and_counted(web: Web, fetcher: Fetcher) -> None:
    web.redirect("/old", "/new")
    web.page("/new", "words", content_type="text/plain; charset=iso-8859-1")
    found = fetcher.get(f"{web.url}/old", max_bytes=100)
    assert (found.url, found.content_type, found.charset) == (f"{web.url}/new", "text/plain", "iso-8859-1")
    web.redirect("/loop", "/loop")
    with pytest.raises(SourceUnavailable, match="redirected"):
        fetcher.get(f"{web.url}/loop", max_bytes=100)


@pytest.mark.parametrize(
    ("status", "rules", "allowed"),
    [
        (200, "User-agent: *\nDisallow: /private", [True, False]),
        (404, "", [True, True]),
        (503, "", [False, False]),
        (200, "User-agent: Handrail-Import\nDisallow: /", [False, False]),
    ],
)
def test_robots_are_obeyed(web: Web, fetcher: Fetcher, status: int, rules: str, allowed: list[bool]) -> None:
    web.page("/robots.txt", rules, status=status, content_type="text/plain")
    assert [fetcher.is_allowed(f"{web.url}{path}") for path in ("/open", "/private/a")] == allowed


def test_a_host_that_nobody_knows_is_told() -> None:
    with Fetcher() as fetcher, pytest.raises(SourceUnavailable, match="name server"):
        fetcher.get("http://no-such-host.invalid/", max_bytes=100)
