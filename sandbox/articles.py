"""Seeds the help centre from a file: JSON lines with `id`, `title` and `body` (HTML or plain text)."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.bodies import to_html
from sandbox.entities import Article
from sandbox.settings import SettingsError

MAX_ARTICLES = 20_000


def load_articles(path: Path, *, at: int) -> dict[str, Article]:
    """The articles by id. Raises `SettingsError` naming the line that cannot be used."""
    found: dict[str, Article] = {}
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                article_id, title, body = str(row["id"]), str(row["title"]), str(row["body"])
            except (ValueError, KeyError, TypeError):
                raise SettingsError(
                    f"SANDBOX_ARTICLES: line {number} of {path} must be a JSON object with id, title and body."
                ) from None
            html = body if body.lstrip().startswith("<") else to_html(body)
            found[article_id] = Article(id=article_id, title=title, body=html, created_at=at, updated_at=at)
            if len(found) > MAX_ARTICLES:
                raise SettingsError(f"SANDBOX_ARTICLES: {path} has more than {MAX_ARTICLES} articles.")
    return found
