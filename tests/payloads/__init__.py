"""Notifications shaped as Intercom's, scrubbed; one file an event."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def notification(name: str) -> dict[str, Any]:
    """The notification in `<name>.json`, fresh each time."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def item(name: str) -> dict[str, Any]:
    found: dict[str, Any] = notification(name)["data"]["item"]
    return found
