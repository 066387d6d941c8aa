"""A score without a survey: explained by its parts, learned from ratings where there are enough."""

import random
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from analytics.business.filling import fill
from analytics.business.statistics import BY_NAME, figure
from analytics.models import ConversationOutcome, Filling, Hourly, ScoreWeights
from analytics.scoring.learning import LEAST_RATINGS, learn, weights_in_use
from analytics.scoring.score import parts, score
from analytics.scoring.signals import FIRST_WEIGHTS, SIGNALS, strengths
from analytics.tasks import learn_score
from tests.integration.analytics.histories import NOW, Part, written

speaking = st.fixed_dictionaries({one.name: st.floats(-1 if one.name == "reading" else 0, 1) for one in SIGNALS})


@given(speaking, st.sampled_from(SIGNALS))
def test_more_of_a_signal_moves_the_score_its_way_and_its_part_says_so(strength: dict[str, float], one: object) -> None:
    name = one.name  # type: ignore[attr-defined]
    full, none = {**strength, name: 1.0}, {**strength, name: 0.0}
    difference = score(full, FIRST_WEIGHTS) - score(none, FIRST_WEIGHTS)
    assert (difference > 0) == (name in ("thanks", "reading"))
    part = next(part for part in parts(full, FIRST_WEIGHTS) if part.signal.name == name)
    assert part.points == pytest.approx(difference)
    assert 0 <= score(strength, FIRST_WEIGHTS) <= 100


def rated(count: int, *, odd: bool = False) -> None:
    """Customers of a team where people step in gladly: handovers are rated well, asking again badly."""
    chance = random.Random(7)
    conversations = [
        written([Part("customer", timedelta(days=3)), Part("answered", timedelta(days=3))], state="closed")
        for _ in range(count)
    ]
    fill(now=NOW)
    for conversation in conversations:
        handed, again = chance.random() < 0.5, chance.random() < 0.5
        good = chance.random() < (0.5 if odd else 0.95 if handed and not again else 0.2 if again else 0.8)
        ConversationOutcome.objects.filter(pk=conversation.pk).update(
            is_handed_over=handed, asked_again=3 * again, rating=5 if good else 1
        )


@pytest.mark.django_db
def test_with_few_ratings_the_first_weights_stay_and_the_page_says_so(client: Client) -> None:
    rated(20)
    learn_score()
    assert not ScoreWeights.objects.exists()
    assert weights_in_use() == FIRST_WEIGHTS
    client.force_login(User.objects.create_superuser("lead"))
    page = client.get("/analytics/score/").content.decode()
    assert "first weights" in page
    assert "20 conversations are rated" in page


@pytest.mark.django_db
def test_with_enough_ratings_weights_are_learned_used_and_everything_counted_again(client: Client) -> None:
    rated(LEAST_RATINGS + 40)
    learned = learn()
    assert learned is not None
    assert learned.is_used
    assert learned.loss < learned.loss_before
    weights = weights_in_use()
    assert weights["handover"] > 0 > weights["asked_again"]
    assert not Filling.objects.exists()  # so the next run counts all again
    assert learn() is None  # nothing is new
    client.force_login(User.objects.create_superuser("lead"))
    page = client.get("/analytics/score/").content.decode()
    assert "calibrated" in page
    assert "Rated 4 or 5" in page
    # The model agrees with customers seven times of eight: that is learned, too.
    for number, one in enumerate(ConversationOutcome.objects.filter(rating__isnull=False)):
        agrees = number % 8 != 0
        one.model_rating = 5 if (one.rating == 5) == agrees else 1
        one.rating = one.rating if number else 6 - one.rating  # so that something is new
        one.save(update_fields=["model_rating", "rating"])
    again = learn()
    assert again is not None
    assert again.is_used
    assert weights_in_use()["reading"] > weights["reading"] > 0
    weights = weights_in_use()
    fill(now=NOW)
    row = ConversationOutcome.objects.filter(score__isnull=False).first()
    assert row is not None
    assert row.score == pytest.approx(score(strengths(row), weights))


@pytest.mark.django_db
def test_ratings_of_one_kind_teach_nothing() -> None:
    rated(LEAST_RATINGS)
    ConversationOutcome.objects.update(rating=5)
    assert learn() is None


@pytest.mark.django_db
def test_each_result_explains_its_score(client: Client) -> None:
    one = written([Part("angry", timedelta(days=3)), Part("handoff", timedelta(days=3))])
    fresh = written([Part("customer", timedelta(minutes=3))])
    fill(now=NOW)
    client.force_login(User.objects.create_superuser("lead"))
    page = client.get(f"/admin/analytics/conversationoutcome/{one.pk}/change/").content.decode()
    for words in ("Anger", "Handover", "Wait"):
        assert words in page
    assert "Thanks" not in page
    page = client.get(f"/admin/analytics/conversationoutcome/{fresh.pk}/change/").content.decode()
    assert "The conversation is not over yet." in page


@pytest.mark.django_db
def test_the_mean_score_and_its_interval_come_from_sums() -> None:
    for number in range(30):
        what = "angry" if number % 2 else "customer"
        written([Part(what, timedelta(days=3)), Part("sent", timedelta(days=3))], state="closed")
    fill(now=NOW)
    scores = list(ConversationOutcome.objects.values_list("score", flat=True))
    row = Hourly.objects.get()
    one = figure(BY_NAME["score"], {name: getattr(row, name) for name in ("scored", "score_sum", "score_squares")})
    assert one.value == pytest.approx(sum(scores) / 30)
    assert one.low < one.value < one.high
    assert one.count == 30
