"""Measure how questions are grouped into topics, on a labelled set."""

import json
import random
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.topics.evaluation import Quality, compared
from analytics.topics.grouping import BY_MEANING, WINDOW
from analytics.topics.signs import BY_SIGNS, reads_sign_by_sign, sign_vectors
from chatbot.intents.labelled_files import FileUnusable, read_labelled
from knowledge.conf import DEFAULT_EMBEDDER
from knowledge.embedders import embedder_named
from knowledge.errors import EmbeddingUnavailable


class Command(BaseCommand):
    help = "Group labelled texts as if they came day by day; nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data",
            type=Path,
            required=True,
            help="CSV with the columns text,intent, or .jsonl with question, article_ids and language",
        )
        parser.add_argument(
            "--language",
            default="en",
            help="of the texts, such as zh, which is read sign by sign; of a .jsonl, those taken",
        )
        parser.add_argument("--by-meaning", action="store_true", help="by the embedder, whatever the language")
        parser.add_argument("--days", type=int, default=10, help="parts in which the texts come; 10 if not given")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 365:
            raise CommandError("--days must be 1 to 365")
        rows = _rows(options["data"], options["language"])
        by_signs = reads_sign_by_sign(options["language"]) and not options["by_meaning"]
        texts = [text for text, _ in rows]
        try:
            vectors = sign_vectors(texts) if by_signs else embedder_named(DEFAULT_EMBEDDER).embed_passages(texts)
        except EmbeddingUnavailable as error:
            raise CommandError(str(error)) from error
        found = compared(
            vectors, [label for _, label in rows], days=options["days"], closeness=BY_SIGNS if by_signs else BY_MEANING
        )
        ways = {
            "day by day": found.day_by_day,
            "k-means, told how many": found.k_means,
            "agglomerative": found.agglomerative,
        }
        if options["json"]:
            labels = len({label for _, label in rows})
            told = {name.replace(" ", "_").split(",")[0].replace("-", "_"): _rounded(one) for name, one in ways.items()}
            self.stdout.write(json.dumps({"texts": len(rows), "labels": labels, **told}))
            return
        self.stdout.write(f"{'':24}{'groups':>8}{'grouped':>9}{'AMI':>7}{'purity':>8}{'moved':>8}{'seconds':>9}")
        for name, one in ways.items():
            self.stdout.write(
                f"{name:24}{one.groups:>8}{one.grouped:>9.3f}{one.adjusted_mutual_information:>7.3f}"
                f"{one.purity:>8.3f}{one.moved:>8.3f}{one.seconds:>9.2f}"
            )


def _rows(path: Path, language: str) -> list[tuple[str, str]]:
    """At most WINDOW of them, a random choice that is the same each time."""
    try:
        if path.suffix == ".jsonl":
            rows = _questions_of_articles(path, language)
        else:
            rows = [(one.text, one.intent) for one in read_labelled(path)]
    except (OSError, FileUnusable, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path}: {error}") from error
    if len(rows) < 2:
        raise CommandError(f"{path} has fewer than two texts")
    return rows if len(rows) <= WINDOW else random.Random(1).sample(rows, WINDOW)  # noqa: S311  no secret


def _questions_of_articles(path: Path, language: str) -> list[tuple[str, str]]:
    """Questions in this language that an article answers, each labelled with the first that does."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        (str(line["question"]), str(line["article_ids"][0]))
        for line in lines
        if line["article_ids"] and str(line["language"]).split("-")[0] == language.split("-")[0]
    ]


def _rounded(one: Quality) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(one).items()}
