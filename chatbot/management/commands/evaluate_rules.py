"""Measures a table of sensitive-word rules on labelled texts."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from chatbot.rules.evaluation import TableUnusable, measure, read_rules, read_texts

#: Mistakes and refused lines that are told.
_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Measure sensitive-word rules on labelled texts; nothing is stored. "
        "Rules: CSV with pattern,kind,action (kind: literal, or expression, also written regex; action: block, "
        "hand_off or handoff, review or hold, mask, tag) and optionally whole_word. "
        "Texts: CSV with text,label. A label is the action that should win; 1, yes, true or hit for any action; and "
        "empty, none, ok, clean, allow or 0 for innocent texts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rules", type=Path, required=True, help="CSV with pattern,kind,action")
        parser.add_argument("--texts", type=Path, required=True, help="CSV with text,label")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rules, refused = read_rules(options["rules"])
            texts = read_texts(options["texts"])
        except (OSError, TableUnusable) as error:
            raise CommandError(str(error)) from error
        for line in refused[:_SHOWN]:
            self.stderr.write(f"{options['rules']}, {line}")
        if not rules or not texts:
            raise CommandError(f"{options['texts'] if rules else options['rules']} holds nothing that can be used")
        measured = measure(rules, texts)
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "precision": measured.precision,
                        "recall": measured.recall,
                        "p50_us": round(measured.p50_us, 1),
                        "p99_us": round(measured.p99_us, 1),
                        "rules": len(rules),
                        "refused": len(refused),
                        "texts": len(texts),
                    }
                )
            )
            return
        table = Table(title=f"{len(rules)} rules on {len(texts)} texts; {len(refused)} rules refused")
        table.add_column("measure")
        table.add_column("value", justify="right")
        for name, share in (("precision", measured.precision), ("recall", measured.recall)):
            table.add_row(name, "–" if share is None else f"{share:.4f}")
        table.add_row("p50_us", f"{measured.p50_us:.0f}")
        table.add_row("p99_us", f"{measured.p99_us:.0f}")
        console = Console(file=sys.stdout)
        console.print(table)
        for mistake in measured.mistakes[:_SHOWN]:
            console.print(
                f"expected {mistake.expected or 'nothing'}, found {mistake.found or 'nothing'}"
                f"{' by ' + repr(mistake.pattern) if mistake.pattern else ''}: {mistake.text[:100]!r}",
                markup=False,
                highlight=False,
            )
