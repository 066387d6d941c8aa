"""Measures retrieval on a folder in BEIR's layout."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from knowledge.errors import KnowledgeError
from knowledge.evaluation import Measured, measure, read_evaluation_set
from knowledge.models import QuestionSet
from knowledge.set_measuring import measure_set


class Command(BaseCommand):
    help = (
        "Measure retrieval on a BEIR folder (corpus.jsonl, queries.jsonl, qrels.tsv) in a throw-away collection, or on"
        " a stored evaluation set against the live articles."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--data", type=Path, metavar="DIR")
        which.add_argument("--set", metavar="NAME", help="an evaluation set of the admin")
        parser.add_argument("--limit-queries", type=int, metavar="N", help="ask the first N questions only")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        limit: int | None = options["limit_queries"]
        if limit is not None and limit < 1:
            raise CommandError("--limit-queries must be at least 1")
        try:
            name, measured = (
                self._stored(options["set"], limit) if options["set"] else self._folder(options["data"], limit)
            )
        except KnowledgeError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(measured.scores))
            return
        table = Table(title=f"Retrieval on {name}: {len(measured.found)} questions")
        for name in measured.scores:
            table.add_column(name, justify="right")
        table.add_row(*map(str, measured.scores.values()))
        Console(file=sys.stdout).print(table)

    def _folder(self, folder: Path, limit: int | None) -> tuple[str, Measured]:
        data = read_evaluation_set(folder, most_questions=limit)
        shown = sys.stderr.isatty()
        with (
            tqdm(total=len(data.documents), desc="indexing", unit="document", disable=not shown) as indexing,
            tqdm(total=len(data.questions), desc="searching", unit="question", disable=not shown) as searching,
        ):
            bars = {"index": indexing, "search": searching}
            return folder.name, measure(data, on_step=lambda name, count: bars[name].update(count))

    def _stored(self, name: str, limit: int | None) -> tuple[str, Measured]:
        question_set = QuestionSet.objects.filter(name=name).first()
        if question_set is None:
            names = ", ".join(QuestionSet.objects.values_list("name", flat=True)[:20]) or "none yet"
            raise CommandError(f"There is no evaluation set {name!r}; there are: {names}")
        with tqdm(desc="searching", unit="question", disable=not sys.stderr.isatty()) as bar:
            return name, measure_set(question_set, most_questions=limit, on_question=lambda: bar.update(1))
