"""Only Intercom can sign."""

import pytest

from chatbot.intercom.signatures import is_signed, webhook_signature

SECRET = "test-client-secret"
BODY = b'{"type":"notification_event","topic":"ping"}'
SIGNATURE = "sha1=a9a86d569c3cf75748b5320b8a71226029b4d0f0"


def test_the_documented_vector_is_ours() -> None:
    assert webhook_signature(BODY, SECRET) == SIGNATURE
    assert is_signed(BODY, signature=SIGNATURE, secret=SECRET)
    assert is_signed(BODY, signature=f" {SIGNATURE}\t", secret=SECRET)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha1=",
        SIGNATURE[5:],
        SIGNATURE[:-1],
        SIGNATURE + "0",
        SIGNATURE.replace("sha1", "sha256"),
        SIGNATURE.upper(),
        "sha1=" + "0" * 40,
        "sha1=\u00e9\u00ff",
        webhook_signature(BODY + b"\n", SECRET),
        webhook_signature(BODY, SECRET + "x"),
    ],
)
def test_another_signature_is_refused(signature: str) -> None:
    assert not is_signed(BODY, signature=signature, secret=SECRET)


def test_an_empty_secret_fits_nothing_not_even_its_own_signature() -> None:
    assert not is_signed(BODY, signature=webhook_signature(BODY, ""), secret="")


def test_one_changed_byte_breaks_the_signature() -> None:
    for place in range(len(BODY)):
        changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert not is_signed(changed, signature=SIGNATURE, secret=SECRET)
