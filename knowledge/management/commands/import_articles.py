"""Imports articles from a file of JSON lines and indexes them."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from knowledge.errors import EmbeddingUnavailable
from knowledge.importing import ImportReport, import_lines, read_lines
from knowledge.ingestion import index_articles

#: Bad lines that are listed; the others are counted.
LISTED_PROBLEMS = 20


class Command(BaseCommand):
    help = "Import articles (JSON lines with id, title, body); repeatable: what did not change is left alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--collection", default="", help="put all of them here, whatever the lines say")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        shown = sys.stderr.isatty()
        try:
            with (
                path.open("rb") as file,
                tqdm(total=path.stat().st_size, desc="reading", unit="B", unit_scale=True, disable=not shown) as bar,
            ):
                report = import_lines(read_lines(file), collection=options["collection"], on_line=bar.update)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        try:
            with tqdm(total=len(report.article_ids), desc="indexing", unit="article", disable=not shown) as bar:
                index_articles(report.article_ids, on_articles=bar.update)
        except EmbeddingUnavailable as error:
            raise CommandError(
                f"The articles are stored but cannot be found yet. {error}; then import again"
            ) from error
        self._tell(report, path, as_json=options["json"])
        if report.problems and not (report.created or report.updated or report.unchanged):
            raise SystemExit(1)

    def _tell(self, report: ImportReport, path: Path, *, as_json: bool) -> None:
        for problem in report.problems[:LISTED_PROBLEMS]:
            self.stderr.write(f"{path.name} line {problem.line}: {problem.field} {problem.problem}")
        if len(report.problems) > LISTED_PROBLEMS:
            self.stderr.write(f"... and {len(report.problems) - LISTED_PROBLEMS} more bad lines")
        counts = {
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "failed": len(report.problems),
        }
        if as_json:
            self.stdout.write(json.dumps(counts))
            return
        table = Table(title=f"Articles of {path.name}")
        for name in counts:
            table.add_column(name, justify="right")
        table.add_row(*map(str, counts.values()))
        Console(file=sys.stdout).print(table)
