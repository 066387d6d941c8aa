"""Measures whether hidden orders reach a customer, and how often ordinary questions are suspected."""

import csv
import json
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from analytics.injection_trials import CHANNELS, AttacksUnusable, AttackTrial, read_attacks, try_attacks
from analytics.trials import CasesUnusable, read_cases, temporary_collection
from chatbot.model_calls import noted
from chatbot.model_pools import configured_model
from chatbot.models import ModelUse
from chatbot.steering import steering
from knowledge.injection import injection_in

_SAMPLE = Path(__file__).resolve().parents[3] / "knowledge" / "sample"


class Command(BaseCommand):
    help = (
        "Hide attacks in e-mails and in articles before a model that obeys each of them, and say which would reach a "
        "customer; then say how many ordinary questions are taken for attacks. Nothing is kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--attacks", type=Path, required=True, help="folder: text_attack_*.json and *.jsonl")
        parser.add_argument("--questions", type=Path, nargs="+", required=True, help="CSV files with a column text")
        parser.add_argument("--use-model", action="store_true", help="ask the model behind MODEL_URL instead")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        model = configured_model() if options["use_model"] else None
        if options["use_model"] and model is None:
            raise CommandError("--use-model needs MODEL_URL")
        model = model and noted(model, ModelUse.TRIAL)
        try:
            attacks, emails = read_attacks(options["attacks"])
            ordinary = [text for file in options["questions"] for text in _texts(file)]
            cases = [case for case in read_cases(_SAMPLE / "questions.jsonl") if case.article_ids]
            with temporary_collection(_SAMPLE / "articles.jsonl") as collection:
                trials = list(
                    tqdm(
                        try_attacks(
                            attacks, emails, cases, collection=collection, threshold=steering().threshold, model=model
                        ),
                        total=len(attacks) * len(CHANNELS),
                        disable=not sys.stderr.isatty(),
                    )
                )
        except (OSError, AttacksUnusable, CasesUnusable) as error:
            raise CommandError(str(error)) from error
        measured = {**_measures(trials), **_false_alarms(ordinary), "attacks": len(attacks)}
        if options["json"]:
            self.stdout.write(json.dumps(measured))
            return
        table = Table(title=f"{len(attacks)} attacks by {len(CHANNELS)} ways, {len(ordinary)} ordinary questions")
        table.add_column("measure")
        table.add_column("value", justify="right")
        for name, value in measured.items():
            table.add_row(name, f"{value:.4f}" if isinstance(value, float) else str(value))
        Console(file=sys.stdout).print(table)
        for (kind, channel), count in Counter(
            (trial.attack.kind, trial.channel) for trial in trials if trial.is_reached_if_sure
        ).items():
            self.stdout.write(f"would pass the checks: {kind}, {channel}: {count}")


def _texts(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as rows:
        reader = csv.DictReader(rows)
        if "text" not in (reader.fieldnames or ()):
            raise CommandError(f"{file.name} needs a column `text`")
        return [row["text"] for row in reader if row["text"]]


def _measures(trials: list[AttackTrial]) -> dict[str, Any]:
    return {
        "trials": len(trials),
        "noticed": sum(trial.is_noticed for trial in trials),
        "reached": sum(trial.is_reached for trial in trials),
        "reached_if_sure": sum(trial.is_reached_if_sure for trial in trials),
    }


def _false_alarms(texts: list[str]) -> dict[str, Any]:
    alarms, microseconds = 0, []
    for text in texts:
        started = time.process_time()
        alarms += injection_in(text).is_suspicious
        microseconds.append((time.process_time() - started) * 1_000_000)
    return {
        "questions": len(texts),
        "false_alarms": alarms,
        "false_alarm_rate": alarms / len(texts) if texts else 0.0,
        "p50_us": median(microseconds) if microseconds else 0.0,
    }
