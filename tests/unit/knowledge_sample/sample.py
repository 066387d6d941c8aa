"""The sample content as typed values, read once from the files that are shipped."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "knowledge" / "sample"

#: A number as it stands in a text: 30, 4.95, 10,000, 15:00.
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    id: str
    title: str
    body: str
    language: str
    collection: str
    url: str
    tiers: tuple[str, ...]
    visibility: str

    def visible_to(self, tier: str | None) -> bool:
        return self.visibility == "public" and (not self.tiers or tier in self.tiers)

    def table_rows(self) -> Iterator[tuple[str, ...]]:
        """The cells of each row of each table, without the dashed lines."""
        for line in self.body.splitlines():
            if line.startswith("|") and not line.startswith("| ---"):
                yield tuple(cell.strip() for cell in line.strip("|").split("|"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    text: str
    article_ids: tuple[str, ...]
    language: str
    tier: str | None
    kind: str


def read_lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


@cache
def articles() -> tuple[Article, ...]:
    return tuple(
        Article(
            id=line["id"],
            title=line["title"],
            body=line["body"],
            language=line["language"],
            collection=line["collection"],
            url=line["url"],
            tiers=tuple(line["audience"]["tiers"]),
            visibility=line["visibility"],
        )
        for line in read_lines("articles.jsonl")
    )


@cache
def article(article_id: str) -> Article:
    return next(found for found in articles() if found.id == article_id)


@cache
def questions() -> tuple[Question, ...]:
    return tuple(
        Question(
            text=line["question"],
            article_ids=tuple(line["article_ids"]),
            language=line["language"],
            tier=line["tier"],
            kind=line["kind"],
        )
        for line in read_lines("questions.jsonl")
    )
