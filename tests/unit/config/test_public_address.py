"""PUBLIC_URL: one setting from which cookies, hosts and trust in the proxy follow."""

import pytest

from config.errors import ConfigurationError
from config.public_address import public_address


def test_https_secures_cookies_and_trusts_the_proxy() -> None:
    address = public_address("https://support.example.com/")
    assert address is not None
    assert (address.origin, address.host) == ("https://support.example.com", "support.example.com")
    settings = address.security_settings()
    assert settings["SESSION_COOKIE_SECURE"] and settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert settings["SECURE_HSTS_SECONDS"] > 0


def test_http_secures_nothing_or_nobody_could_sign_in() -> None:
    address = public_address("http://support.internal:8000")
    assert address is not None
    assert address.origin == "http://support.internal:8000"
    assert address.security_settings() == {}


def test_a_port_belongs_to_the_origin_but_not_to_the_host() -> None:
    address = public_address("https://[2001:db8::1]:8443")
    assert address is not None
    assert (address.origin, address.host) == ("https://[2001:db8::1]:8443", "[2001:db8::1]")


def test_without_the_setting_nothing_changes() -> None:
    assert public_address("") is None


@pytest.mark.parametrize("wrong", ["https://a.example/path", "https://me@a.example", "https://a.example?x=1"])
def test_more_than_a_scheme_and_a_host_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="PUBLIC_URL"):
        public_address(wrong)
