"""Bring topics and gaps up to date now, as beat does every five minutes."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.models import Gap, Topic
from analytics.topics.running import bring_up_to_date
from knowledge.errors import EmbeddingUnavailable


class Command(BaseCommand):
    help = "Group what customers ask into topics, and what the bot could not answer into gaps. Safe at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of words")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        try:
            brought = bring_up_to_date(seconds=float("inf"))
        except EmbeddingUnavailable as error:
            raise CommandError(str(error)) from error
        found = {
            "questions": brought.questions,
            "topics": Topic.objects.filter(merged_into__isnull=True).count(),
            "gaps": Gap.objects.count(),
            "done": brought.is_done,
            "seconds": round(time.perf_counter() - started, 2),
        }
        if options["json"]:
            self.stdout.write(json.dumps(found))
        elif brought.is_done:
            self.stdout.write(
                f"{found['questions']} questions read in {found['seconds']} s; "
                f"there are {found['topics']} topics and {found['gaps']} gaps"
            )
        else:
            self.stdout.write("another process is grouping; run this again later")
