"""Fills an empty knowledge base with the made-up company's articles, so that a newcomer can ask at once."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from knowledge.models import Article

SAMPLE_ARTICLES = Path(__file__).resolve().parents[2] / "sample" / "articles.jsonl"
SAMPLE_COLLECTION = "Tovemill sample"


class Command(BaseCommand):
    help = "Load the sample articles into an empty knowledge base; does nothing where there are articles already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="load them beside the articles that are there")

    def handle(self, *args: Any, **options: Any) -> None:
        if Article.objects.exists() and not options["force"]:
            return
        self.stderr.write("loading the sample articles")
        report = StringIO()
        call_command("import_articles", str(SAMPLE_ARTICLES), collection=SAMPLE_COLLECTION, json=True, stdout=report)
        counts = json.loads(report.getvalue())
        self.stderr.write(f"sample articles: {', '.join(f'{count} {name}' for name, count in counts.items() if count)}")
