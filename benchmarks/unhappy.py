"""How often plain questions are taken for an unhappy customer, and one question for another that was asked before.

    python -m benchmarks.unhappy FILE.csv ...        columns text,intent

Words: the share of messages whose signs alone would hand over. Circles: the share of pairs of different intents, and of
the same one, that count as the same question; a customer is handed over for circles alone only after two such pairs.
"""

import csv
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import django

#: Messages of one file that are compared in pairs.
COMPARED = 2_000


def main(files: Sequence[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    for file in files:
        with Path(file).open(encoding="utf-8", newline="") as opened:
            rows = [(row["text"], row.get("intent") or row.get("category") or "") for row in csv.DictReader(opened)]
        print(f"{file}: {_words([text for text, _ in rows])}; {_circles(rows)}")


def _words(texts: Sequence[str]) -> str:
    from chatbot.models import Steering
    from chatbot.rules.unhappy import mood_of

    bound = Steering._meta.get_field("unhappy_from").default
    scores = [mood_of(text).score for text in texts]
    handed, signs = sum(score >= bound for score in scores), sum(score > 0 for score in scores)
    return f"{len(texts)} messages, {signs} with a sign, {handed} handed over ({100 * handed / len(texts):.3f} %)"


def _circles(rows: list[tuple[str, str]]) -> str:
    import numpy as np

    from chatbot.pipeline.mood import SAME_QUESTION
    from knowledge.embedders import local_model

    chosen = random.Random(7).sample(rows, min(COMPARED, len(rows)))
    embedder = local_model("minilm")
    vectors = np.vstack([embedder.embed_questions([text]) for text, _ in chosen])
    intents = np.array([intent for _, intent in chosen])
    upper = np.triu_indices(len(chosen), 1)
    alike = (intents[:, None] == intents[None])[upper]
    hit = (vectors @ vectors.T)[upper] >= SAME_QUESTION
    found = f"{100 * hit[alike].mean():.1f} %" if alike.any() else "no pairs"
    return f"pairs of two intents taken for one {100 * hit[~alike].mean():.4f} %, of one intent {found}"


if __name__ == "__main__":
    main(sys.argv[1:])
