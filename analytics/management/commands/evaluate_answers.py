"""Measures whether the bot answers what it should, rightly, and refuses the rest."""

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from analytics.reliability import (
    by_chance,
    debiased_error,
    equal_mass_error,
    expected_calibration_error,
)
from analytics.trials import CasesUnusable, Trial, read_cases, temporary_collection, try_cases
from chatbot.model_calls import noted
from chatbot.model_pools import configured_model
from chatbot.models import ModelUse
from chatbot.pipeline.generate import EXTRACTIVE
from chatbot.steering import steering


class Command(BaseCommand):
    help = (
        "Answer questions from articles and compare with the articles that answer them. Articles: JSON lines with id, "
        "title, body. Cases: JSON lines with question, article_ids (empty: no answer exists), perhaps kind. "
        "The model behind MODEL_URL answers, if one is set. Nothing is kept but what the model took."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--articles", type=Path, required=True)
        parser.add_argument("--cases", type=Path, required=True)
        parser.add_argument("--threshold", type=float, default=None, help="default: the team's own")
        parser.add_argument("--extractive", action="store_true", help="quote, even if a model is set")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        threshold = options["threshold"] if options["threshold"] is not None else steering().threshold
        model = None if options["extractive"] else configured_model()
        model = model and noted(model, ModelUse.TRIAL)
        shown = sys.stderr.isatty()
        try:
            cases = read_cases(options["cases"])
            with (
                tqdm(desc="indexing", unit="article", disable=not shown) as bar,
                temporary_collection(options["articles"], on_articles=bar.update) as collection,
            ):
                trials = list(
                    tqdm(
                        try_cases(cases, collection=collection, threshold=threshold, model=model),
                        total=len(cases),
                        desc="answering",
                        disable=not shown,
                    )
                )
        except (OSError, CasesUnusable) as error:
            raise CommandError(str(error)) from error
        if not trials:
            raise CommandError(f"{options['cases']} holds no case")
        measured: dict[str, Any] = {
            **measures(trials),
            "threshold": threshold,
            "answerer": model.name if model else EXTRACTIVE,
        }
        if options["json"]:
            self.stdout.write(json.dumps(measured))
            return
        table = Table(title=f"{len(trials)} questions at threshold {threshold:.2f}")
        table.add_column("measure")
        table.add_column("value", justify="right")
        for name, value in measured.items():
            table.add_row(name, "–" if value is None else value if isinstance(value, str) else f"{value:.3f}")
        Console(file=sys.stdout).print(table)


def measures(trials: list[Trial]) -> dict[str, float | None]:
    """`coverage`: share of answerable questions sent; `precision`: share of the sent that are right, None if none."""
    sent = [trial for trial in trials if trial.is_sent]
    answerable = [trial for trial in trials if trial.case.article_ids]
    unanswerable = [trial for trial in trials if not trial.case.article_ids]
    stated, right = [trial.confidence for trial in trials], [trial.is_right for trial in trials]
    chance = by_chance(stated, right)
    return {
        "coverage": _share([trial.is_sent for trial in answerable]),
        "precision": _share([trial.is_right for trial in sent]),
        "unanswerable_refused": _share([not trial.is_sent for trial in unanswerable]),
        "near_refused": _share([not trial.is_sent for trial in unanswerable if trial.case.kind == "near"]),
        "far_refused": _share([not trial.is_sent for trial in unanswerable if trial.case.kind == "far"]),
        "ece": expected_calibration_error(stated, right),
        "ece_by_chance": chance.mean,
        "ece_by_chance_low": chance.low,
        "ece_by_chance_high": chance.high,
        "ece_chance_exceeds": chance.exceeds,
        "ece_equal_mass": equal_mass_error(stated, right),
        "ece_debiased": debiased_error(stated, right),
        "p50_ms": median(trial.milliseconds for trial in trials),
        "questions": float(len(trials)),
        "sent": float(len(sent)),
        "found_first": _share([trial.is_right for trial in answerable]),
    }


def _share(found: list[bool]) -> float | None:
    return sum(found) / len(found) if found else None
