"""What a training measured, as JSON for its page: accuracy, the weakest intents, and which are taken for which."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from chatbot.intents.training import Trained

#: Pairs of intents that are taken for each other, most frequent first.
CONFUSIONS = 40
#: Up to so many intents the whole table is kept.
TABLE_INTENTS = 25
OUT_OF_SCOPE = ""


def report_of(trained: Trained, texts: Sequence[str], *, seconds: float) -> dict[str, Any]:
    """`texts` are those of `trained.true`. All shares are of examples that were left out of what judged them."""
    names = trained.classifier.names
    count = len(trained.true)
    totals = Counter(trained.true.tolist())
    right = Counter(trained.true[trained.nearest == trained.true].tolist())
    lost = Counter(trained.true[trained.guessed == -1].tolist())
    pairs: Counter[tuple[int, int]] = Counter()
    samples: dict[tuple[int, int], str] = {}
    for true, nearest, text in zip(trained.true.tolist(), trained.nearest.tolist(), texts, strict=True):
        pairs[true, nearest] += 1
        samples.setdefault((true, nearest), text[:120])
    wrong = [pair for pair, _ in pairs.most_common() if pair[0] != pair[1]][:CONFUSIONS]
    intents = [
        {
            "name": names[column],
            "examples": totals[column],
            "right": right[column] / totals[column],
            "lost": lost[column] / totals[column],
        }
        for column in range(len(names))
    ]
    return {
        "examples": count,
        "intents": sorted(intents, key=lambda intent: (intent["right"], intent["name"])),
        "accuracy": float((trained.nearest == trained.true).mean()),
        "in_scope_accuracy": float((trained.guessed == trained.true).mean()),
        "out_of_scope_found": trained.outside_found,
        "confusions": [
            {
                "true": names[true],
                "taken_for": names[nearest],
                "count": pairs[true, nearest],
                "example": samples[true, nearest],
            }
            for true, nearest in wrong
        ],
        "table": [[pairs[true, nearest] for nearest in range(len(names))] for true in range(len(names))]
        if len(names) <= TABLE_INTENTS
        else None,
        "names": list(names),
        "left_out": dict(sorted(trained.left_out.items())),
        "seconds": round(seconds, 1),
    }
