"""What the sandbox can be told, with its defaults: the one place that reads the environment and the command line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.model.dialects import DIALECTS

API_VERSIONS = ("2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "2.13", "2.14", "2.15", "2.16", "2.17")


class SettingsError(Exception):
    """A setting is missing or malformed; the message names it and says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    host: str = "127.0.0.1"
    port: int = 8001  #: 0 lets the system choose
    webhook_url: str = ""  #: where notifications go; empty sends none
    #: signs webhooks and proves the app in OAuth; a well-known value on purpose, for a machine of one's own
    client_secret: str = "sandbox-client-secret"  # noqa: S105
    #: the bearer token that the REST API accepts from the start; well known likewise
    token: str = "sandbox-token"  # noqa: S105
    client_id: str = "sandbox-client-id"
    app_id: str = "sandbox"
    region: str = "US"
    api_version: str = "2.16"  #: of the app: decides webhook bodies, and REST answers without a version header
    app_package_code: str = "handrail-sandbox"  #: marks the parts that came through the API
    webhook_timeout_seconds: float = 5.0
    webhook_retry_seconds: float = 60.0
    webhook_workers: int = 16  #: notifications under way at the same time
    rate_limit: int = 1666  #: REST calls in each window of 10 seconds; 0 means no limit
    max_conversations: int = 20_000  #: the oldest are forgotten
    max_calls: int = 100_000
    max_body_bytes: int = 1_048_576
    articles: Path | None = None  #: JSON lines with id, title, body (HTML); the help centre is empty without it
    model_name: str = "openai/gpt-oss-20b"
    model_strict: bool = False  #: answer 404 to other model names, as vLLM does
    model_dialect: str = "vllm"  #: whose shapes it speaks: vllm, sglang, llamacpp or tgi
    model_first_token_ms: float = 150.0
    model_tokens_per_second: float = 200.0
    model_parallel: int = 0  #: calls worked on at a time, the others wait; 0 means no limit
    log_level: str = "info"


def version_number(version: str) -> tuple[int, int]:
    """`"2.16"` -> `(2, 16)`, so that versions compare as numbers."""
    major, minor = version.split(".")
    return int(major), int(minor)


def from_command_line(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from arguments, else the environment, else the defaults.

    Raises `SettingsError`, whose message is one line, for a value that cannot be used.
    """
    env = os.environ if environment is None else environment
    parsed = _parser(env).parse_args(arguments)
    url = parsed.webhook_url
    if url is None:
        url = f"http://127.0.0.1:{env.get('HANDRAIL_PORT') or '8000'}/webhooks/intercom"
    settings = Settings(
        host=parsed.host,
        port=_number("SANDBOX_PORT (--port)", parsed.port, 0, 65535),
        webhook_url="" if url == "none" else url,
        client_secret=parsed.client_secret,
        token=parsed.token,
        client_id=parsed.client_id,
        app_id=parsed.app_id,
        region=parsed.region,
        api_version=parsed.version,
        webhook_timeout_seconds=_real("SANDBOX_WEBHOOK_TIMEOUT_SECONDS", parsed.webhook_timeout_seconds, 0.01),
        webhook_retry_seconds=_real("SANDBOX_WEBHOOK_RETRY_SECONDS", parsed.webhook_retry_seconds, 0.0),
        webhook_workers=_number("SANDBOX_WEBHOOK_WORKERS", parsed.webhook_workers, 1, 256),
        rate_limit=_number("SANDBOX_RATE_LIMIT", parsed.rate_limit, 0, 10_000_000),
        max_conversations=_number("SANDBOX_MAX_CONVERSATIONS", parsed.max_conversations, 1, 1_000_000),
        articles=Path(parsed.articles) if parsed.articles else None,
        model_name=parsed.model_name,
        model_strict=parsed.model_strict in (True, "1", "true", "yes"),
        model_dialect=parsed.model_dialect,
        model_first_token_ms=_real("SANDBOX_MODEL_FIRST_TOKEN_MS", parsed.model_first_token_ms, 0.0),
        model_tokens_per_second=_real("SANDBOX_MODEL_TOKENS_PER_SECOND", parsed.model_tokens_per_second, 0.1),
        model_parallel=_number("SANDBOX_MODEL_PARALLEL", parsed.model_parallel, 0, 10_000),
        log_level=parsed.log_level,
    )
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if settings.api_version not in API_VERSIONS:
        raise SettingsError(
            f"SANDBOX_API_VERSION is {settings.api_version!r}; choose one of {API_VERSIONS[0]} to {API_VERSIONS[-1]}."
        )
    if settings.model_dialect not in DIALECTS:
        raise SettingsError(
            f"SANDBOX_MODEL_DIALECT is {settings.model_dialect!r}; choose one of {', '.join(sorted(DIALECTS))}."
        )
    if settings.webhook_url and not is_http_url(settings.webhook_url):
        raise SettingsError(
            f"SANDBOX_WEBHOOK_URL is {settings.webhook_url!r}; write a URL such as "
            "http://127.0.0.1:8000/webhooks/intercom, or `none`."
        )
    for name, value in (("INTERCOM_CLIENT_SECRET", settings.client_secret), ("INTERCOM_TOKEN", settings.token)):
        if not value:
            raise SettingsError(f"{name} is empty; set it, or leave it out to take the sandbox's own value.")
    if settings.articles is not None and not settings.articles.is_file():
        raise SettingsError(f"SANDBOX_ARTICLES names {settings.articles}, which is not a file.")


def is_http_url(text: str) -> bool:
    """Whether `text` is an absolute http or https address."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _number(name: str, text: str | int, low: int, high: int) -> int:
    try:
        value = int(text)
    except ValueError:
        raise SettingsError(f"{name} is {text!r}; it must be a whole number from {low} to {high}.") from None
    if not low <= value <= high:
        raise SettingsError(f"{name} is {value}; it must be a whole number from {low} to {high}.")
    return value


def _real(name: str, text: str | float, low: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise SettingsError(f"{name} is {text!r}; it must be a number, {low} or more.") from None
    if not low <= value < 1e9:
        raise SettingsError(f"{name} is {text!r}; it must be a number, {low} or more.")
    return value


def _parser(env: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Plays an Intercom workspace and a model server on one machine. The messenger page is at /, "
        "Intercom's REST API beside it, an OpenAI-style model under /v1, and the controls at /faults, /calls and "
        "/webhooks/deliveries.",
        epilog="Each option's environment variable is named in brackets; the option wins over the variable.",
    )

    def option(flag: str, variable: str, default: object, text: str) -> None:
        shown = "" if default is None else f", default {default}"
        value = env.get(variable) or default
        parser.add_argument(flag, default=value, metavar="VALUE", help=f"{text} [{variable}{shown}]".replace("%", "%%"))

    base = Settings()
    option("--host", "SANDBOX_HOST", base.host, "address to listen on")
    option("--port", "SANDBOX_PORT", base.port, "port to listen on")
    option(
        "--webhook-url",
        "SANDBOX_WEBHOOK_URL",
        None,
        "where notifications are sent; `none` sends none; without it the platform on HANDRAIL_PORT",
    )
    option("--version", "SANDBOX_API_VERSION", base.api_version, "API version of the app, 2.7 to 2.17")
    option("--client-secret", "INTERCOM_CLIENT_SECRET", base.client_secret, "signs the notifications")
    option("--client-id", "INTERCOM_CLIENT_ID", base.client_id, "the app's id in OAuth")
    option("--token", "INTERCOM_TOKEN", base.token, "bearer token that the REST API accepts")
    option("--app-id", "SANDBOX_APP_ID", base.app_id, "id of the workspace")
    option("--region", "SANDBOX_REGION", base.region, "region that GET /me reports")
    option("--webhook-retry-seconds", "SANDBOX_WEBHOOK_RETRY_SECONDS", base.webhook_retry_seconds, "before the retry")
    option(
        "--webhook-timeout-seconds",
        "SANDBOX_WEBHOOK_TIMEOUT_SECONDS",
        base.webhook_timeout_seconds,
        "time that the platform has to acknowledge",
    )
    option("--webhook-workers", "SANDBOX_WEBHOOK_WORKERS", base.webhook_workers, "notifications sent at the same time")
    option("--rate-limit", "SANDBOX_RATE_LIMIT", base.rate_limit, "REST calls per 10 seconds; 0 means no limit")
    option("--max-conversations", "SANDBOX_MAX_CONVERSATIONS", base.max_conversations, "kept; older are forgotten")
    option("--articles", "SANDBOX_ARTICLES", None, "JSON lines with id, title and body for GET /articles")
    option("--model-name", "SANDBOX_MODEL_NAME", base.model_name, "name of the model stand-in")
    option("--model-dialect", "SANDBOX_MODEL_DIALECT", base.model_dialect, "vllm, sglang, llamacpp or tgi")
    option("--model-first-token-ms", "SANDBOX_MODEL_FIRST_TOKEN_MS", base.model_first_token_ms, "first token after")
    option(
        "--model-tokens-per-second", "SANDBOX_MODEL_TOKENS_PER_SECOND", base.model_tokens_per_second, "then this fast"
    )
    option("--model-parallel", "SANDBOX_MODEL_PARALLEL", base.model_parallel, "calls at a time; 0 means no limit")
    option("--log-level", "SANDBOX_LOG_LEVEL", base.log_level, "debug, info, warning or error")
    parser.add_argument(
        "--model-strict",
        action="store_true",
        default=env.get("SANDBOX_MODEL_STRICT", ""),
        help="answer 404 to any other model name, as vLLM does [SANDBOX_MODEL_STRICT]",
    )
    return parser
