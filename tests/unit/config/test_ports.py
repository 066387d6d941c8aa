"""A port that is taken is told in one line, before anything is started."""

import socket

import pytest

from config.errors import ConfigurationError
from config.ports import free_port, require_free


def test_a_taken_port_names_its_setting_and_the_cure() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            require_free(port, setting="SANDBOX_PORT")
    assert str(caught.value).startswith(f"SANDBOX_PORT is {port}")
    assert "set SANDBOX_PORT to a free port" in str(caught.value)


def test_a_free_port_passes() -> None:
    require_free(free_port(), setting="HANDRAIL_PORT")
