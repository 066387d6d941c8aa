"""Measures where the bound of similarity for approved answers should lie. Stores nothing."""

import csv
import json
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from knowledge.approved_measuring import chosen_bound, measure_bounds
from knowledge.conf import APPROVED_SIMILARITY, DEFAULT_EMBEDDER
from knowledge.embedders import embedder_named


class Command(BaseCommand):
    help = "Approves a few wordings of each label of --train, asks the questions of --test, tries each bound."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--train", type=Path, required=True, help="CSV with columns text and intent")
        parser.add_argument("--test", type=Path, required=True, help="the same, asked")
        parser.add_argument("--out-of-scope", type=Path, help="CSV with a column text: questions about something else")
        parser.add_argument("--wordings", type=int, default=5, help="of each label (default 5)")
        parser.add_argument("--most-wrong", type=float, default=0.01, help="share of wrong hits allowed (default 0.01)")
        parser.add_argument("--embedder", default=DEFAULT_EMBEDDER)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        wordings: dict[str, list[str]] = defaultdict(list)
        for text, label in _rows(options["train"]):
            if len(wordings[label]) < options["wordings"]:
                wordings[label].append(text)
        strangers = [text for text, _ in _rows(options["out_of_scope"])] if options["out_of_scope"] else []
        measured = measure_bounds(
            wordings, _rows(options["test"]), strangers, embedder=embedder_named(options["embedder"])
        )
        best = chosen_bound(measured, most_wrong=options["most_wrong"])
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "bound": best.bound if best else None,
                        "hit_rate": best.hit_rate if best else 0.0,
                        "wrong_hit_rate": best.wrong_hit_rate if best else 0.0,
                        "in_use": APPROVED_SIMILARITY,
                        "bounds": [asdict(one) for one in measured],
                    }
                )
            )
            return
        self.stdout.write("bound   right hits   wrong among hits   strangers hit")
        for one in measured:
            mark = " <" if best is one else ""
            self.stdout.write(
                f"{one.bound:.2f}{one.hit_rate:12.1%}{one.wrong_hit_rate:18.2%}{one.stranger_rate:15.2%}{mark}"
            )
        self.stdout.write(f"in use: {APPROVED_SIMILARITY}")


def _rows(file: Path) -> list[tuple[str, str]]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return [(row["text"], row.get("intent") or "") for row in csv.DictReader(lines)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise CommandError(f"{file} cannot be read as a CSV file with a column text: {error}") from error
