"""Fill the statistics now, as beat does every five minutes."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from analytics.business.filling import fill
from analytics.models import Filling


class Command(BaseCommand):
    help = "Work out how conversations went, and the hourly sums behind the dashboard. Safe to run at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--again", action="store_true", help="all conversations, not only those that moved since the last run"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object instead of words")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["again"]:
            Filling.objects.all().delete()
        started = time.perf_counter()
        filled = fill()
        seconds = time.perf_counter() - started
        if options["json"]:
            found = {"conversations": filled.conversations, "done": filled.is_done, "seconds": round(seconds, 2)}
            self.stdout.write(json.dumps(found))
        elif filled.is_done:
            self.stdout.write(f"{filled.conversations} conversations counted in {seconds:.1f} s")
        else:
            self.stdout.write("another process is filling; run this again later")
