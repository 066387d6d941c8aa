"""From reviewers' decisions to weights that count, and back."""

import json
import random
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from chatbot.models import Calibration, Turn
from chatbot.pipeline.confidence import SHIPPED, active_weights, forget_recent
from chatbot.pipeline.evidence import FEATURES
from sessions_app.models import Author, Conversation, Customer, Message, ReviewItem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_recent()
    yield
    forget_recent()


def decided(count: int, *, backwards: bool = False) -> None:
    """Drafts that reviewers sent or rejected, with the figures their turns had."""
    chance = random.Random(3)
    customer = Customer.objects.create(workspace="w", external_id="c")
    for number in range(count):
        conversation = Conversation.objects.create(workspace="w", external_id=str(number), customer=customer)
        message = Message.objects.create(
            conversation=conversation, external_id="1", author=Author.CUSTOMER, text="?", sent_at=timezone.now()
        )
        strength = chance.random()
        is_right = (chance.random() < strength) is not backwards
        item = ReviewItem.objects.create(
            conversation=conversation,
            question="?",
            draft="Send it back.",
            answer="Send it back." if is_right else "",
            confidence=0.5,
            threshold=0.85,
            status=ReviewItem.Status.APPROVED if is_right else ReviewItem.Status.REJECTED,
            decided_at=timezone.now(),
        )
        trace = {"confidence": {"features": dict.fromkeys(FEATURES, strength), "support": 1.0, "weights": SHIPPED}}
        Turn.objects.create(
            conversation=conversation, last_message=message, review_item=item, trace=trace, due_at=timezone.now()
        )


def calibrate(*arguments: str) -> dict[str, object]:
    out = StringIO()
    call_command("calibrate", "--json", *arguments, stdout=out)
    forget_recent()
    found: dict[str, object] = json.loads(out.getvalue())
    return found


def test_decisions_make_a_version_that_counts_and_a_step_back_leads_to_the_shipped_weights() -> None:
    decided(150)
    report = calibrate()
    row = Calibration.objects.get()
    assert report["labels"] == row.labels == 150
    assert report["active"] == row.pk
    assert row.measured["ece"] < row.measured["ece_before"]
    assert active_weights().name == str(row.pk)
    assert calibrate("--step-back") == {"active": 0}
    assert active_weights().name == SHIPPED
    assert calibrate("--activate", str(row.pk)) == {"active": row.pk}
    assert active_weights().name == str(row.pk)


def test_a_version_that_foresees_nothing_better_is_kept_but_does_not_count() -> None:
    decided(150)
    calibrate()
    first = Calibration.objects.get()
    report = calibrate()
    assert (report["active"] is None) == (report["surprise"] >= report["surprise_before"])
    assert Calibration.objects.filter(is_active=True).count() == 1
    assert Calibration.objects.get(is_active=True).pk == first.pk or report["active"] is not None


def test_a_dry_run_stores_nothing() -> None:
    decided(150)
    assert calibrate("--dry-run")["labels"] == 150
    assert not Calibration.objects.exists()


def test_few_decisions_change_nothing_and_say_how_many_are_needed() -> None:
    decided(20)
    with pytest.raises(CommandError, match="at least 30 of each"):
        calibrate()
    assert not Calibration.objects.exists()


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(CommandError, match="There is no version 99"):
        calibrate("--activate", "99")


def test_a_version_of_another_release_leaves_the_shipped_weights_in_charge() -> None:
    Calibration.objects.create(
        weights={"intercept": 0, "features": {"moon": {"weight": 1, "mean": 0, "scale": 1}}},
        labels=60,
        right=30,
        is_active=True,
    )
    forget_recent()
    assert active_weights().name == SHIPPED
