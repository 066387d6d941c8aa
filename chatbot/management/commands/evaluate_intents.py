"""Measures how well intents are learned from one file and recognised in another; needs no database."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from chatbot.intents.errors import IntentsError
from chatbot.intents.guess import IntentGuess
from chatbot.intents.jobs import THREADS
from chatbot.intents.labelled_files import FileUnusable, LabelledText, read_labelled
from chatbot.intents.training import train
from knowledge.errors import EmbeddingUnavailable

#: Messages whose time is taken one by one.
TIMED = 300


class Command(BaseCommand):
    help = (
        "Train intents on one CSV file (columns text, intent) and recognise those of another. Rows of the intent oos "
        "are out of scope. In memory: nothing stored is read or changed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--train", type=Path, required=True)
        parser.add_argument("--test", type=Path, required=True)
        parser.add_argument("--out-of-scope", type=Path, help="CSV whose texts belong to no intent (column text)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            training = read_labelled(options["train"])
            tested = read_labelled(options["test"])
            strange = read_labelled(options["out_of_scope"], needs_intent=False) if options["out_of_scope"] else []
            measured = measure(training, tested, strange, is_shown=sys.stderr.isatty())
        except (OSError, FileUnusable, IntentsError, EmbeddingUnavailable) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(measured))
            return
        table = Table(title=f"{len(training)} examples, {len(tested) + len(strange)} messages")
        table.add_column("measure")
        table.add_column("value", justify="right")
        for name, value in measured.items():
            table.add_row(name, "–" if value is None else f"{value:.4f}" if value < 1 else f"{value:.2f}")
        Console(file=sys.stdout).print(table)


def measure(
    training: Sequence[LabelledText],
    tested: Sequence[LabelledText],
    strange: Sequence[LabelledText],
    *,
    is_shown: bool = False,
) -> dict[str, float | None]:
    """The keys of the command. `accuracy` takes the most probable intent; `in_scope_accuracy` counts a message that was
    taken for out of scope as wrong; both over messages that have an intent."""
    started = time.perf_counter()
    with tqdm(total=100, desc="training", unit="%", disable=not is_shown) as bar, threadpool_limits(THREADS):
        trained = train(
            [row.text for row in training if not row.is_out_of_scope],
            [row.intent for row in training if not row.is_out_of_scope],
            outside=[row.text for row in training if row.is_out_of_scope],
            on_progress=lambda percent, step: bar.update(percent - bar.n),
        )
    train_seconds = time.perf_counter() - started
    inside = [row for row in tested if not row.is_out_of_scope]
    outside = [row for row in tested if row.is_out_of_scope] + list(strange)
    classifier = trained.classifier
    guesses = classifier.guess_all([row.text for row in inside])
    rejected = [not guess.intent for guess in classifier.guess_all([row.text for row in outside])]
    milliseconds = []
    for row in (inside + outside)[:: max(1, len(inside + outside) // TIMED)]:
        started = time.perf_counter()
        classifier.guess(row.text)
        milliseconds.append((time.perf_counter() - started) * 1000)
    return {
        "accuracy": _share(guesses, inside, "nearest"),
        "in_scope_accuracy": _share(guesses, inside, "intent"),
        "out_of_scope_recall": sum(rejected) / len(rejected) if rejected else None,
        "train_seconds": train_seconds,
        "p50_ms": float(np.percentile(milliseconds, 50)),
        "p95_ms": float(np.percentile(milliseconds, 95)),
    }


def _share(guesses: Sequence[IntentGuess], rows: Sequence[LabelledText], field: str) -> float | None:
    right = [getattr(guess, field) == row.intent for guess, row in zip(guesses, rows, strict=True)]
    return sum(right) / len(right) if right else None
