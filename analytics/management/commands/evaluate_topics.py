"""Measure how questions are grouped into topics, on a labelled set."""

import json
import random
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.topics.evaluation import Quality, compared
from analytics.topics.grouping import WINDOW
from chatbot.intents.labelled_files import FileUnusable, read_labelled
from knowledge.conf import DEFAULT_EMBEDDER
from knowledge.embedders import embedder_named
from knowledge.errors import EmbeddingUnavailable


class Command(BaseCommand):
    help = "Group the texts of a CSV with the columns text,intent as if they came day by day; nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="CSV with the columns text,intent")
        parser.add_argument("--days", type=int, default=10, help="parts in which the texts come; 10 if not given")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 365:
            raise CommandError("--days must be 1 to 365")
        rows = _rows(options["data"])
        try:
            vectors = embedder_named(DEFAULT_EMBEDDER).embed_passages([text for text, _ in rows])
        except EmbeddingUnavailable as error:
            raise CommandError(str(error)) from error
        found = compared(vectors, [label for _, label in rows], days=options["days"])
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


def _rows(path: Path) -> list[tuple[str, str]]:
    """At most WINDOW of them, a random choice that is the same each time."""
    try:
        read = read_labelled(path)
    except (OSError, FileUnusable) as error:
        raise CommandError(str(error)) from error
    rows = [(one.text, one.intent) for one in read]
    if len(rows) < 2:
        raise CommandError(f"{path} has fewer than two texts")
    return rows if len(rows) <= WINDOW else random.Random(1).sample(rows, WINDOW)  # noqa: S311  no secret


def _rounded(one: Quality) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(one).items()}
