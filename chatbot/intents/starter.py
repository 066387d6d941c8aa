"""The intents that the sample company begins with, so that a newcomer sees how it works."""

import csv
from pathlib import Path

from chatbot.intents.examples import add_examples
from chatbot.intents.jobs import activate, ask_for_training, run_training
from chatbot.intents.labelled_files import LabelledText
from chatbot.models import Intent, IntentExample, IntentModel

FILE = Path(__file__).with_name("starter.csv")


def load_starter_intents() -> int:
    """Adds the starter set where there is no intent yet, trains and activates it; returns the number of examples."""
    if Intent.objects.exists():
        return 0
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    Intent.objects.bulk_create(
        [
            Intent(name=name, scenario=scenario)
            for name, scenario in {row["intent"]: row["scenario"] for row in rows}.items()
        ]
    )
    texts = [
        LabelledText(line=number, text=row["text"], intent=row["intent"]) for number, row in enumerate(rows, start=2)
    ]
    report = add_examples(texts, user=None, source=IntentExample.Source.SAMPLE)
    version = ask_for_training().pk
    run_training(version)
    if IntentModel.objects.filter(pk=version, status=IntentModel.Status.READY).exists():
        activate(version)
    return len(report.lines)
