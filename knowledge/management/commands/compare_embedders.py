"""Compares the int8 embedder with fp32: size, speed and accuracy. Needs no database."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from knowledge.embedder_comparison import compare, read_labelled
from knowledge.embedders import KNOWN, local_model
from knowledge.errors import KnowledgeError
from knowledge.evaluation import read_evaluation_set

#: Where no data is given, only size, speed and likeness are measured, with these.
_QUESTIONS: Final = tuple(
    f"How do I {verb} {thing}{ending}?"
    for verb in ("change", "cancel", "find", "pay for", "share", "restore")
    for thing in ("my subscription", "an order that was sent to the wrong address", "the invoice of last month")
    for ending in ("", " without losing what I paid", " from my phone")
)


class Command(BaseCommand):
    help = "Compare two local embedders: size, speed, intents by nearest neighbours, retrieval by vectors alone."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--first", default="minilm", choices=sorted(KNOWN))
        parser.add_argument("--second", default="minilm-int8", choices=sorted(KNOWN))
        parser.add_argument("--train", type=Path, metavar="F.csv", help="labelled questions: columns text, intent")
        parser.add_argument("--test", type=Path, metavar="F.csv", help="the same, to be classified")
        parser.add_argument("--data", type=Path, metavar="DIR", help="a BEIR folder for retrieval")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["train"] is None) != (options["test"] is None):
            raise CommandError("--train and --test go together")
        if options["first"] == options["second"]:
            raise CommandError("--first and --second must be two embedders")
        try:
            train, test = (read_labelled(options[name]) if options[name] else None for name in ("train", "test"))
            data = read_evaluation_set(options["data"]) if options["data"] else None
            report = compare(
                [local_model(options["first"]), local_model(options["second"])],
                train=train,
                test=test,
                data=data,
                questions=test.texts if test else list(data.questions.values()) if data else _QUESTIONS,
                on_step=lambda name: sys.stderr.write(f"measuring {name}\n") if sys.stderr.isatty() else None,
            )
        except KnowledgeError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        self._table(report, options["first"], options["second"])

    def _table(self, report: dict[str, Any], first: str, second: str) -> None:
        table = Table(title=f"{second} beside {first}")
        for column in ("", first, second, "loss"):
            table.add_column(column, justify="left" if not column else "right")
        losses = report["loss_percent"] | {"megabytes": report["smaller_percent"]}
        for name, value in report[first].items():
            lost = losses.get(name)
            table.add_row(name, str(value), str(report[second][name]), "" if lost is None else f"{lost} %")
        table.add_row("cosine of both", "", str(report["cosine"]), "")
        Console(file=sys.stdout).print(table)
