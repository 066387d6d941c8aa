"""Measures how well personal data is found, on annotated sentences."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from chatbot.rules.masking.evaluation import LEFT_OUT, SpansUnusable, evaluate, read_samples
from chatbot.rules.masking.finding import personal_entities


class Command(BaseCommand):
    help = (
        "Finds personal data in annotated sentences (a JSON list as Presidio's evaluation writes it: `full_text`, and "
        "`spans` with `entity_type`, `start_position`, `end_position`) and reports precision, recall and F2: over all "
        "types taken as one, and of each type. A span counts as found at nine tenths of overlap."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--spans", required=True, type=Path, help="the JSON file")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["spans"]
        try:
            samples, unknown = read_samples(json.loads(file.read_text(encoding="utf-8")))
        except OSError as error:
            raise CommandError(f"--spans: {file} cannot be read ({error.strerror})") from error
        except (ValueError, SpansUnusable) as error:
            raise CommandError(f"--spans: {file.name}: {error}") from error
        with tqdm(total=len(samples), desc="masking", unit="text", disable=None, file=sys.stderr) as progress:
            scores = evaluate(samples, personal_entities, on_sample=progress.update)
        overall = scores.pop("", None)
        if overall is None:
            raise CommandError(f"--spans: {file.name} holds no span, and nothing was found in its texts")
        report = {
            "precision": round(overall.precision, 4),
            "recall": round(overall.recall, 4),
            "f2": round(overall.f2, 4),
            "texts": len(samples),
            "left_out": {**dict(unknown), **{kind.value: "not annotated in such data" for kind in LEFT_OUT}},
            "types": {
                kind: {
                    "precision": round(score.precision, 4),
                    "recall": round(score.recall, 4),
                    "f2": round(score.f2, 4),
                    "annotated": score.annotated,
                }
                for kind, score in scores.items()
            },
        }
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        table = Table(title=f"{len(samples)} texts of {file.name}")
        for heading in ("type", "precision", "recall", "F2", "annotated"):
            table.add_column(heading, justify="left" if heading == "type" else "right")
        for kind, score in {"all, as one": overall, **scores}.items():
            table.add_row(
                kind, f"{score.precision:.3f}", f"{score.recall:.3f}", f"{score.f2:.3f}", str(score.annotated)
            )
        Console(file=sys.stdout).print(table)
