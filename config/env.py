"""Typed readers of environment variables (`.env` is read first); every error names the variable and the cure.

A variable set to nothing, or to blanks, counts as unset: its default holds. So it does over `.env`, too.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from environs import Env, EnvError

from config.errors import ConfigurationError

BASE_DIR = Path(__file__).resolve().parent.parent

_env = Env()
_env.read_env(str(BASE_DIR / ".env"), recurse=False)
# The library that counts looks whether this one is there at all, and would write its files into the working directory.
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR", "").strip():
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

Value = TypeVar("Value")


def _read(reader: Callable[..., Value], name: str, default: Value, expected: str) -> Value:
    if name in os.environ and not os.environ[name].strip():
        return default
    try:
        return reader(name, default)
    except (EnvError, ValueError) as error:
        raise ConfigurationError(f"{name} must be {expected}; correct it in the environment or in .env") from error


def text(name: str, default: str = "") -> str:
    return _read(_env.str, name, default, "a text").strip()


def flag(name: str, default: bool) -> bool:
    return _read(_env.bool, name, default, "true or false")


def whole_number(name: str, default: int, *, least: int, most: int) -> int:
    value = _read(_env.int, name, default, f"a whole number from {least} to {most}")
    if not least <= value <= most:
        raise ConfigurationError(f"{name} is {value}, but must be from {least} to {most}")
    return value


def number(name: str, default: float, *, least: float, most: float) -> float:
    value = _read(_env.float, name, default, f"a number from {least} to {most}")
    if not least <= value <= most:
        raise ConfigurationError(f"{name} is {value}, but must be from {least} to {most}")
    return value


def url(name: str, default: str = "", *, schemes: tuple[str, ...]) -> str:
    """An absolute address with one of `schemes`, or the default where unset. It may hold a password: errors hide it."""
    value = text(name, default)
    if not value:
        return value
    shapes = " or ".join(f"{scheme}://host" for scheme in schemes)
    try:
        parts = urlsplit(value)
        complete = bool(parts.hostname or parts.query) and (parts.port is None or parts.port > 0)
    except ValueError:
        complete = False
        parts = urlsplit("")
    if not complete or parts.scheme not in schemes:
        raise ConfigurationError(f"{name} must look like {shapes}; correct it in the environment or in .env")
    return value


def path(name: str, default: Path) -> Path:
    return Path(text(name, str(default))).expanduser().resolve()
