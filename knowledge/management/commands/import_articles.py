"""Imports articles from a file, a ZIP or a folder, and indexes them."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from knowledge.errors import EmbeddingUnavailable
from knowledge.importing.converter import Converter
from knowledge.importing.drafts import ImportOptions
from knowledge.importing.files import read_path
from knowledge.importing.running import ImportReport, import_items
from knowledge.importing.storing import Importer
from knowledge.ingestion import index_articles
from knowledge.models import ArticleStatus, Visibility

#: Problems that are listed; the others are counted.
LISTED_PROBLEMS = 20


class Command(BaseCommand):
    help = (
        "Import articles from JSON lines (id, title, body), CSV, Markdown, HTML, PDF or DOCX, from a folder or a ZIP "
        "of them; repeatable: what did not change is left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file, a folder or a ZIP archive")
        parser.add_argument("--collection", default="", help="put all of them here, whatever the lines say")
        parser.add_argument("--status", default="", choices=["", *ArticleStatus.values], help="default: published")
        parser.add_argument("--visibility", default="", choices=["", *Visibility.values], help="default: public")
        parser.add_argument("--language", default="", help="a code such as en or zh-hans; default: found out")
        parser.add_argument("--tier", action="append", default=[], help="only for customers of this tier; repeatable")
        parser.add_argument("--base-url", default="", help="where customers find the files: https://example.com/docs")
        parser.add_argument("--overwrite", action="store_true", help="replace what people changed here by hand")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        shown = sys.stderr.isatty()
        wishes = ImportOptions(
            collection=options["collection"],
            status=options["status"],
            visibility=options["visibility"],
            language=options["language"],
            tiers=tuple(options["tier"]),
            base_url=options["base_url"],
        )
        importer = Importer(reason=f"imported from {path.name}")
        try:
            with (
                Converter() as converter,
                tqdm(desc="reading", unit="article", disable=not shown) as bar,
            ):
                report = import_items(
                    read_path(path, wishes, converter),
                    importer=importer,
                    overwrite=options["overwrite"],
                    on_item=lambda told: bar.update(),
                )
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
            self.stderr.write(f"{problem.place}: {problem.field} {problem.problem}")
        if len(report.problems) > LISTED_PROBLEMS:
            self.stderr.write(f"... and {len(report.problems) - LISTED_PROBLEMS} more problems")
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
