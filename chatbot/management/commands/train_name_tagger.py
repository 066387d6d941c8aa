"""Trains the two small models that find names in customers' messages; they ship with the code."""

import json
import random
import re
import time
from pathlib import Path
from typing import Any

from babel import Locale
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from chatbot.rules.masking.tagger import CRF_FILE, LINEAR_FILE
from chatbot.rules.masking.training import labelled_texts, train_field, train_linear

_SENTENCE_ENDS = re.compile(r"(?<=[.!?。！？])\s*|\n")


class Command(BaseCommand):
    help = (
        "Trains the name tagger of the masking on invented people in the project's own sentences, and writes it over "
        "the one that ships with the code. About two minutes. Only needed after a change of its sentences or features."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rounds", type=int, default=25, help="sentences made from each template (default 25)")
        parser.add_argument("--seed", type=int, default=7)

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        texts = list(labelled_texts(rounds=options["rounds"], seed=options["seed"], ordinary=ordinary_sentences()))
        self.stdout.write(f"{len(texts)} sentences; training the field on words")
        train_field(CRF_FILE, texts)
        # A linear model needs fewer: it sees meanings, not words.
        chosen = random.Random(options["seed"])  # noqa: S311  # no secret
        some = chosen.sample(texts, min(len(texts), max(500, len(texts) * 6 // options["rounds"])))
        with tqdm(total=len(some), desc="reading sentences", unit="sentence", disable=None) as progress:
            train_linear(LINEAR_FILE, some, on_text=progress.update)
        for file in (CRF_FILE, LINEAR_FILE):
            self.stdout.write(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB")
        self.stdout.write(f"{time.perf_counter() - started:.0f} s")


def ordinary_sentences() -> list[str]:
    """Sentences of the sample articles and questions that name no country, year or weekday: nobody is named there."""
    sample = Path(settings.BASE_DIR) / "knowledge" / "sample"
    bodies = [json.loads(line)["body"] for line in (sample / "articles.jsonl").read_text("utf-8").splitlines()]
    questions = [json.loads(line)["question"] for line in (sample / "questions.jsonl").read_text("utf-8").splitlines()]
    countries = "|".join(re.escape(name) for name in Locale("en").territories.values())
    dated = re.compile(rf"\b(?:{countries}|\w+day|(?:19|20)\d\d)\b")
    sentences = [*questions, *(part.strip() for body in bodies for part in _SENTENCE_ENDS.split(body))]
    return [text for text in sentences if 8 < len(text) < 300 and not dated.search(text)]
