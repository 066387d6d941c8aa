"""A certificate for the model server that cannot be used is said at start, by the name of its setting."""

from pathlib import Path

import pytest

from config.apps import _check_model_certificates
from config.errors import ConfigurationError


@pytest.mark.parametrize(
    ("certificate", "authority", "named"),
    [
        ("missing.pem", "", "MODEL_CERTIFICATE: there is no file"),
        ("", "missing.pem", "MODEL_CA: there is no file"),
        ("words.pem", "", "MODEL_CERTIFICATE must hold the key too"),
        ("", "words.pem", "each must be a PEM file"),
    ],
)
def test_it_names_the_setting_and_the_cure(tmp_path: Path, certificate: str, authority: str, named: str) -> None:
    (tmp_path / "words.pem").write_text("words")
    paths = [str(tmp_path / name) if name else "" for name in (certificate, authority)]
    with pytest.raises(ConfigurationError, match=named):
        _check_model_certificates("https://models.internal", *paths)
