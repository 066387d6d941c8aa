"""Settings: from the command line, else the environment, else defaults; a wrong one is named."""

import re

import pytest

from sandbox.settings import SettingsError, from_command_line


def test_defaults_point_at_the_platform_on_this_machine() -> None:
    settings = from_command_line([], {})
    assert (settings.port, settings.token, settings.client_secret) == (8001, "sandbox-token", "sandbox-client-secret")
    assert settings.webhook_url == "http://127.0.0.1:8000/webhooks/intercom"
    assert settings.webhook_retry_seconds == 60


def test_the_environment_fills_in_and_the_command_line_wins() -> None:
    environment = {
        "SANDBOX_PORT": "9001",
        "HANDRAIL_PORT": "9000",
        "INTERCOM_TOKEN": "t",
        "SANDBOX_API_VERSION": "2.14",
    }
    settings = from_command_line(["--port", "9002"], environment)
    assert (settings.port, settings.token, settings.api_version) == (9002, "t", "2.14")
    assert settings.webhook_url == "http://127.0.0.1:9000/webhooks/intercom"
    assert from_command_line(["--webhook-url", "none"], {}).webhook_url == ""
    assert from_command_line([], {"INTERCOM_TOKEN": ""}).token == "sandbox-token"


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"SANDBOX_PORT": "many"}, "SANDBOX_PORT"),
        ({"SANDBOX_PORT": "70000"}, "SANDBOX_PORT"),
        ({"SANDBOX_API_VERSION": "3"}, "SANDBOX_API_VERSION"),
        ({"SANDBOX_WEBHOOK_URL": "localhost"}, "SANDBOX_WEBHOOK_URL"),
        ({"SANDBOX_WEBHOOK_RETRY_SECONDS": "-1"}, "SANDBOX_WEBHOOK_RETRY_SECONDS"),
        ({"SANDBOX_RATE_LIMIT": "x"}, "SANDBOX_RATE_LIMIT"),
        ({"SANDBOX_ARTICLES": "/does/not/exist"}, "SANDBOX_ARTICLES"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(environment: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError) as error:
        from_command_line([], environment)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_the_help_names_each_options_environment_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        from_command_line(["--help"], {"INTERCOM_CLIENT_SECRET": "not-to-be-shown"})
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert len(re.findall(r"\[(?:SANDBOX|INTERCOM)_\w+", text)) >= 18
    assert "not-to-be-shown" not in text
