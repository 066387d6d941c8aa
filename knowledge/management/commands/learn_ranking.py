"""Learns the shares of vectors and words in the order of passages."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from knowledge import models
from knowledge.errors import KnowledgeError
from knowledge.evaluation import EvaluationSet, read_evaluation_set
from knowledge.labelled_sets import cases_beside_articles, labelled_texts, questions_as_entries
from knowledge.ranking import WEIGHTS_FILE, weights_of
from knowledge.ranking_learning import judged_live, judged_set, learn, report, write_weights

_SAMPLE = Path(__file__).resolve().parents[2] / "sample"


class Command(BaseCommand):
    help = (
        "Learn how much the vectors say beside the words, for the active embedder, from questions whose right documents"
        " are known (default: the sample content)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--articles", type=Path, default=_SAMPLE / "articles.jsonl", help="lines id, title, body")
        parser.add_argument(
            "--cases", type=Path, default=_SAMPLE / "questions.jsonl", help="lines question, article_ids"
        )
        parser.add_argument(
            "--data", type=Path, nargs="*", default=[], metavar="DIR", help="more sets, in BEIR's layout"
        )
        parser.add_argument(
            "--texts", type=Path, nargs="*", default=[], metavar="F.csv", help="more sets, columns text, intent"
        )
        parser.add_argument(
            "--set",
            nargs="*",
            default=[],
            metavar="NAME",
            help="stored evaluation sets, asked of the live articles: only these have an age and past citations",
        )
        parser.add_argument("--output", type=Path, default=WEIGHTS_FILE, help="default: the file that ships")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        embedder = models.Embedder.objects.filter(is_active=True).values_list("name", flat=True).first()
        if embedder is None:
            raise CommandError("No embedder is active; run `manage.py migrate`")
        stored = [_stored(name) for name in options["set"]]
        try:
            sets: dict[str, EvaluationSet] = {
                "articles": cases_beside_articles(options["articles"], options["cases"]),
                "questions as entries": questions_as_entries(options["cases"]),
                **{folder.name: read_evaluation_set(folder) for folder in options["data"]},
                **{f"{file.parent.name}/{file.stem}": labelled_texts(file) for file in options["texts"]},
            }
            total = sum(len(one.documents) + len(one.questions) for one in sets.values())
            with tqdm(total=total, disable=not sys.stderr.isatty()) as bar:
                judged = [
                    judged_set(name, data, on_step=lambda _, count: bar.update(count)) for name, data in sets.items()
                ]
                judged += [judged_live(one, on_step=lambda _, count: bar.update(count)) for one in stored]
            before = weights_of(embedder)
            learned = learn(judged, before=before)
            write_weights(embedder, learned, options["output"])
        except (KnowledgeError, OSError) as error:
            raise CommandError(str(error)) from error
        rows = report(judged, learned)
        shares = {name: getattr(learned.shares, name) for name in ("passages", "entries", "unread")}
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "embedder": embedder,
                        "shares": shares,
                        "freshness": learned.signals.freshness,
                        "citations": learned.signals.citations,
                        "sets": [
                            {
                                "name": row.name, "case": row.case, "questions": row.questions,
                                "words": row.words, "vectors": row.vectors, "fused": row.fused,
                            }
                            for row in rows
                        ],
                    }
                )
            )  # fmt: skip
            return
        table = Table(title=f"nDCG@10 / MRR@3 with {embedder}")
        for heading in ("set", "case", "questions", "vectors' share", "words alone", "vectors alone", "fused"):
            table.add_column(heading, justify="left" if heading in ("set", "case") else "right")
        for row in rows:
            pairs = (f"{one[0]:.3f} / {one[1]:.3f}" for one in (row.words, row.vectors, row.fused))
            table.add_row(row.name, row.case, str(row.questions), f"{row.share:.2f}", *pairs)
        Console(file=sys.stdout).print(table)
        counts = f"freshness {learned.signals.freshness:.2f}, past citations {learned.signals.citations:.2f}"
        self.stdout.write(f"Beside meaning and words: {counts}.")
        self.stdout.write(f"Written to {options['output']}.")


def _stored(name: str) -> models.QuestionSet:
    found = models.QuestionSet.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"There is no evaluation set {name!r}")
    return found
