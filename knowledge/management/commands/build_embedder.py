"""Builds the embedding model's file from its weights; needs no database. `make setup` runs it."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from knowledge.conf import DEFAULT_EMBEDDER
from knowledge.embedders import KNOWN, local_model
from knowledge.errors import EmbeddingUnavailable


class Command(BaseCommand):
    help = "Build the embedding model's file once (some seconds); done at once where it is there."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default=DEFAULT_EMBEDDER, choices=sorted(KNOWN))
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        model = local_model(options["name"])
        try:
            file = model.build()
            model.embed_questions(["Is it there?"])
        except EmbeddingUnavailable as error:
            raise CommandError(str(error)) from error
        report = {
            "embedder": model.name,
            "file": str(file),
            "megabytes": round(file.stat().st_size / 1e6, 1),
            "seconds": round(time.perf_counter() - started, 1),
        }
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(
                f"{report['embedder']}: {report['megabytes']} MB, ready in {report['seconds']} s ({file})"
            )
