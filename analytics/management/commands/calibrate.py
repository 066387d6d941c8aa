"""Fits the confidence model that ships with the code."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from analytics.calibration import TooFewLabels, calibrate, write_weights
from analytics.trials import CasesUnusable, read_cases, temporary_collection, try_cases
from chatbot.pipeline.confidence import WEIGHTS_FILE
from chatbot.steering import steering

_SAMPLE = Path(__file__).resolve().parents[3] / "knowledge" / "sample"


class Command(BaseCommand):
    help = "Fit the confidence model to questions whose right articles are known (default: the sample content)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--articles", type=Path, default=_SAMPLE / "articles.jsonl")
        parser.add_argument("--cases", type=Path, default=_SAMPLE / "questions.jsonl")
        parser.add_argument("--output", type=Path, default=WEIGHTS_FILE, help="default: the file that ships")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        threshold = steering().threshold
        shown = sys.stderr.isatty()
        try:
            cases = read_cases(options["cases"])
            with temporary_collection(options["articles"]) as collection:
                trials = list(
                    tqdm(
                        try_cases(cases, collection=collection, threshold=threshold),
                        total=len(cases),
                        disable=not shown,
                    )
                )
            found = calibrate(trials, threshold=threshold)
            write_weights(found, options["output"])
        except (OSError, CasesUnusable, TooFewLabels) as error:
            raise CommandError(str(error)) from error
        report = {
            "trials": found.trials,
            "right": found.right,
            "precision": found.precision,
            "coverage": found.coverage,
            "threshold": found.threshold,
        }
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        precision = "–" if found.precision is None else f"{found.precision:.1%}"
        self.stdout.write(
            f"{found.trials} drafts, {found.right} of them right. By cross-validation, at {found.threshold:.2f}: "
            f"{precision} of what is sent is right, {found.coverage:.1%} of the right drafts are sent.\n"
            f"Written to {options['output']}."
        )
