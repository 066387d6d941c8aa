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
from knowledge.evaluation import measure, read_evaluation_set


class Command(BaseCommand):
    help = "Measure retrieval on a BEIR folder (corpus.jsonl, queries.jsonl, qrels.tsv), in a throw-away collection."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, required=True, metavar="DIR")
        parser.add_argument("--limit-queries", type=int, metavar="N", help="ask the first N questions only")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        limit: int | None = options["limit_queries"]
        if limit is not None and limit < 1:
            raise CommandError("--limit-queries must be at least 1")
        shown = sys.stderr.isatty()
        try:
            data = read_evaluation_set(options["data"], most_questions=limit)
            with (
                tqdm(total=len(data.documents), desc="indexing", unit="document", disable=not shown) as indexing,
                tqdm(total=len(data.questions), desc="searching", unit="question", disable=not shown) as searching,
            ):
                bars = {"index": indexing, "search": searching}
                measured = measure(data, on_step=lambda name, count: bars[name].update(count))
        except KnowledgeError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(measured.scores))
            return
        table = Table(title=f"Retrieval on {options['data'].name}: {len(data.questions)} questions")
        for name in measured.scores:
            table.add_column(name, justify="right")
        table.add_row(*map(str, measured.scores.values()))
        Console(file=sys.stdout).print(table)
