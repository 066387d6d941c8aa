"""Measures how often an answer given before would be given again, and how often wrongly."""

import csv
import json
import random
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from knowledge import models
from knowledge.caches.measuring import BOUNDS, Measured, chosen_bound, measure
from knowledge.caches.store import store
from knowledge.conf import NEARLY_THE_SAME
from knowledge.embedders import embedder_named
from knowledge.errors import KnowledgeError


class Command(BaseCommand):
    help = "Measure hits and wrong hits of the answers given before on labelled questions (CSV with text and intent)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--questions", type=Path, nargs="+", required=True, metavar="F.csv")
        parser.add_argument(
            "--most-wrong", type=float, default=0.004, metavar="SHARE", help="default: 0.004 of the questions"
        )
        parser.add_argument(
            "--limit", type=int, default=3_000, metavar="N", help="questions of each file, drawn evenly"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        name = models.Embedder.objects.filter(is_active=True).values_list("name", flat=True).first()
        if name is None:
            raise CommandError("No embedder is active; run `manage.py migrate`")
        try:
            embedder = embedder_named(name)
            measured = {
                file: measure(_asked(file, options["limit"]), embedder=embedder) for file in options["questions"]
            }
        except KnowledgeError as error:
            raise CommandError(str(error)) from error
        bound = chosen_bound(list(measured.values()), most_wrong=options["most_wrong"])
        counts = store().counts()
        report = {
            "embedder": name,
            "bound": bound,
            "bound_used": NEARLY_THE_SAME,
            "sets": {
                f"{file.parent.name}/{file.stem}": {
                    "questions": one.questions,
                    "hit_rate": {str(at.bound): round(at.hit_rate, 4) for at in one.at},
                    "wrong_hit_rate": {str(at.bound): round(at.wrong_hit_rate, 4) for at in one.at},
                }
                for file, one in measured.items()
            },
            "live": None
            if counts is None
            else {
                "kept": counts.kept,
                "hit_rate": round(counts.hit_rate, 4),
                "exact": counts.exact,
                "near": counts.near,
                "missed": counts.missed,
                "stale": counts.stale,
                "saved_ms": round(counts.saved_milliseconds, 1),
            },
        }
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        self._show(measured)
        self.stdout.write(
            f"At most {options['most_wrong']:.1%} of the questions of every set answered wrongly: from {bound} on."
            f" Used: {NEARLY_THE_SAME}."
        )

    def _show(self, measured: dict[Path, Measured]) -> None:
        table = Table(title="Share of questions answered from before, and share of those that are wrong")
        table.add_column("bound", justify="right")
        for file, one in measured.items():
            table.add_column(f"{file.parent.name}/{file.stem} ({one.questions})", justify="right")
        for place, bound in enumerate(BOUNDS):
            cells = (f"{one.at[place].hit_rate:.1%}, {one.at[place].wrong_hit_rate:.1%}" for one in measured.values())
            table.add_row(f"{bound:.2f}", *cells)
        Console(file=sys.stdout).print(table)


def _asked(file: Path, limit: int) -> list[tuple[str, str]]:
    """Shuffled, always in the same way: customers do not ask sorted by subject."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = [(row["text"], row["intent"]) for row in csv.DictReader(lines)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise CommandError(f"{file} must be a CSV with the columns text and intent ({error})") from error
    if len(rows) < 2 or limit < 2:
        raise CommandError(f"{file} holds {len(rows)} questions; at least 2 are needed")
    random.Random(0).shuffle(rows)  # noqa: S311  no secret
    return rows[:limit]
