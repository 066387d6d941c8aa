"""Fits the confidence model: to reviewers' decisions, or to questions whose right articles are known."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from analytics.calibration import Fit, TooFewLabels, calibrate_from_decisions, fit, labels_of_sets, write_weights
from analytics.reliability import at_threshold, expected_calibration_error
from analytics.trials import Case, CasesUnusable, Trial, read_cases, temporary_collection, try_cases
from chatbot.calibrations import activate, step_back
from chatbot.errors import GateNotPassed
from chatbot.models import Calibration
from chatbot.pipeline.confidence import WEIGHTS_FILE
from chatbot.steering import steering

_SAMPLE = Path(__file__).resolve().parents[3] / "knowledge" / "sample"


class Command(BaseCommand):
    help = (
        "Fit the confidence model to what reviewers decided about held drafts, as a new version that counts at once if "
        "it is better. With --sample, fit the weights that ship with the code to questions with known articles."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--sample", action="store_true", help="fit the shipped weights to --articles and --cases")
        way.add_argument("--activate", type=int, metavar="NUMBER", help="let this version count; 0: the shipped one")
        way.add_argument("--step-back", action="store_true", help="let the version before the active one count")
        parser.add_argument("--dry-run", action="store_true", help="store nothing; only say what would be")
        parser.add_argument("--articles", type=Path, default=_SAMPLE / "articles.jsonl")
        parser.add_argument(
            "--cases", type=Path, nargs="+", default=[_SAMPLE / "questions.jsonl", _SAMPLE / "everyday.jsonl"]
        )
        parser.add_argument(
            "--also",
            type=Path,
            nargs=2,
            action="append",
            default=[],
            metavar=("ARTICLES", "CASES"),
            help="another knowledge base to learn from; may be given several times",
        )
        parser.add_argument("--output", type=Path, default=WEIGHTS_FILE, help="default: the file that ships")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["step_back"]:
            before = step_back()
            self._say({"active": before.pk if before else 0}, options)
        elif options["activate"] is not None:
            self._activate(options)
        elif options["sample"]:
            self._sample(options)
        else:
            self._decisions(options)

    def _activate(self, options: dict[str, Any]) -> None:
        number = options["activate"]
        row = Calibration.objects.filter(pk=number).first() if number else None
        if number and row is None:
            raise CommandError(f"There is no version {number}")
        try:
            activate(row)
        except GateNotPassed as error:
            raise CommandError(str(error)) from error
        self._say({"active": number}, options)

    def _decisions(self, options: dict[str, Any]) -> None:
        try:
            made = calibrate_from_decisions(threshold=steering().threshold, store=not options["dry_run"])
        except TooFewLabels as error:
            raise CommandError(f"Reviewers' decisions: {error}") from error
        except GateNotPassed as error:
            raise CommandError(str(error)) from error
        self._say(
            {
                **made.measured,
                "labels": made.labels,
                "right": made.right,
                "active": made.pk if made.is_active else None,
            },
            options,
        )

    def _sample(self, options: dict[str, Any]) -> None:
        threshold = steering().threshold
        try:
            files = [(options["articles"], options["cases"]), *((one, [cases]) for one, cases in options["also"])]
            sets = [(articles, [case for file in cases for case in read_cases(file)]) for articles, cases in files]
            found = fit(labels_of_sets([_trials(*one, threshold=threshold) for one in sets]))
            if not options["dry_run"]:
                write_weights(found.weights, options["output"])
        except (OSError, CasesUnusable, TooFewLabels) as error:
            raise CommandError(str(error)) from error
        self._say(_report(found, threshold), options)

    def _say(self, report: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        for name, value in report.items():
            shown = "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
            self.stdout.write(f"{name}: {shown}")


def _trials(articles: Path, cases: list[Case], *, threshold: float) -> list[Trial]:
    with temporary_collection(articles) as collection:
        return list(
            tqdm(
                try_cases(cases, collection=collection, threshold=threshold),
                total=len(cases),
                desc=articles.name,
                disable=not sys.stderr.isatty(),
            )
        )


def _report(found: Fit, threshold: float) -> dict[str, Any]:
    sent = at_threshold(found.stated, found.was_right, threshold)
    return {
        "labels": found.labels,
        "right": found.right,
        "threshold": threshold,
        "precision": sent.precision,
        "coverage": sent.coverage,
        "ece": expected_calibration_error(found.stated, found.was_right),
    }
