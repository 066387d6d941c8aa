"""A version that is activated in one process guesses in every other, soon and without a restart."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.db import connection

from chatbot.intents.active import forget_recent_intents
from chatbot.intents.jobs import activate, deactivate
from chatbot.intents.storage import packed
from chatbot.intents.training import train
from chatbot.models import Intent, IntentModel
from chatbot.recent import FRESH_SECONDS
from knowledge.minilm import weights_file

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]

#: Says for each line it reads what it would say of a customer's message.
WATCHER = """
import sys
import django
django.setup()
from chatbot.intents.active import guessed_intent
for _ in sys.stdin:
    guess = guessed_intent("where is my parcel")
    print(guess.model_version if guess else None, guess.nearest if guess else "", flush=True)
"""


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    forget_recent_intents()
    yield
    forget_recent_intents()


@pytest.fixture
def other_process() -> Iterator["subprocess.Popen[str]"]:
    address = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    environment = {**os.environ, "DATABASE_URL": address._replace(path=f"/{name}").geturl()}
    watcher = subprocess.Popen(
        [sys.executable, "-c", WATCHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    yield watcher
    watcher.kill()
    watcher.communicate()


def says(watcher: "subprocess.Popen[str]") -> list[str]:
    assert watcher.stdin is not None
    assert watcher.stdout is not None
    watcher.stdin.write("look\n")
    watcher.stdin.flush()
    return watcher.stdout.readline().split()


def ready_version(parcels: str) -> int:
    """A trained version in which the questions about parcels have this name."""
    asked = ["where is my parcel", "my parcel is late", "has my parcel left", "track my parcel", "no parcel has come"]
    paid = ["I need an invoice", "send the bill", "a receipt please", "where is my bill", "invoice with VAT"]
    trained = train([*asked, *paid], [parcels] * len(asked) + ["invoice"] * len(paid))
    row = IntentModel.objects.create(status=IntentModel.Status.READY, data=packed(trained.classifier))
    return row.pk


def test_a_version_activated_here_guesses_in_another_process_within_two_seconds(
    other_process: "subprocess.Popen[str]",
) -> None:
    Intent.objects.bulk_create([Intent(name=name) for name in ("parcel", "delivery", "invoice")])
    first, second = ready_version("parcel"), ready_version("delivery")
    activate(first)
    assert says(other_process) == [str(first), "parcel"]
    for step, expected in (
        (lambda: activate(second), [str(second), "delivery"]),
        (lambda: activate(first), [str(first), "parcel"]),
        (deactivate, ["None"]),
    ):
        step()
        time.sleep(FRESH_SECONDS)
        assert says(other_process) == expected
    assert FRESH_SECONDS <= 2.0
