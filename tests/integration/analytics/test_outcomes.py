"""What came of conversations, and the sums of each hour: the same when worked out a second, slower way."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from analytics.business.filling import fill
from analytics.models import ConversationOutcome, Filling, Hourly
from analytics.models.hourly import DIMENSIONS, SUMS
from chatbot.models import IntentCheck, Turn
from sessions_app.models import Conversation
from tests.integration.analytics.histories import NOW, Part, add, slowly, written

WHAT = (
    "customer", "angry", "bot", "teammate", "closed", "answered", "held", "handed_over",
    "thanked", "silent", "labelled", "read", "approved", "rejected", "taken", "handoff", "sent", "asked",
    "scored",
)  # fmt: skip
parts = st.builds(
    Part,
    what=st.sampled_from(WHAT),
    at=st.integers(0, 12 * 24 * 4).map(lambda quarter: timedelta(minutes=15 * quarter)),
)
#: Often begun by a customer, and in no order: events come late, and clocks differ.
histories = st.lists(parts, max_size=9).map(
    lambda drawn: [Part("customer", max((one.at for one in drawn), default=timedelta(hours=5))), *drawn]
) | st.lists(parts, max_size=6)
ratings = st.none() | st.integers(1, 5)
states = st.sampled_from(("bot", "bot", "review", "person", "closed"))


def fast(conversation: Conversation, names: Any) -> dict[str, Any] | None:
    row = ConversationOutcome.objects.filter(pk=conversation.pk).first()
    return None if row is None else {name: getattr(row, name) for name in names}


def sums() -> Counter[tuple[Any, ...]]:
    """The sums worked out from the outcomes one by one."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in ConversationOutcome.objects.all():
        hour = row.started_at.replace(minute=0, second=0, microsecond=0)
        key = (hour, *(getattr(row, name) for name in DIMENSIONS))
        found[*key, "conversations"] += 1
        found[*key, "involved"] += row.is_involved
        found[*key, "resolved"] += row.is_assumed or row.is_confirmed
        found[*key, "durable"] += bool(row.is_durable)
        found[*key, "durable_known"] += row.is_durable is not None
        found[*key, "first_contact_known"] += row.is_first_contact is not None
        found[*key, "first_contact"] += bool(row.is_first_contact)
        found[*key, "rated_good"] += (row.rating or 0) >= 4
        found[*key, "response_in_60"] += row.first_response_seconds is not None and row.first_response_seconds <= 60
        found[*key, "intents_labelled"] += row.intents_labelled
        found[*key, "intents_right"] += row.intents_right
        found[*key, "scored"] += row.score is not None
        found[*key, "surveyed"] += row.is_surveyed
        found[*key, "survey_answers"] += row.nps is not None
        found[*key, "promoters"] += row.nps in (9, 10)
        found[*key, "detractors"] += row.nps in range(7)
        found[*key, "tokens_read"] += row.tokens_read
    return +found


def stored_sums() -> Counter[tuple[Any, ...]]:
    names = {key[-1] for key in sums()}
    found: Counter[tuple[Any, ...]] = Counter()
    for row in Hourly.objects.all():
        for name in names:
            found[row.hour, *(getattr(row, one) for one in DIMENSIONS), name] += getattr(row, name)
    return +found


class TestAnyHistory(TestCase):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(histories, ratings, states), min_size=1, max_size=3), st.integers(0, 200))
    @example([([Part(what, timedelta()) for what in ("customer", "scored", "scored")], None, "bot")], 0)
    def test_outcomes_and_sums_are_what_the_definitions_say(self, drawn: Any, hours_later: int) -> None:
        now = NOW + timedelta(hours=hours_later)
        conversations = [written(one, rating=rating, state=state) for one, rating, state in drawn]
        assert fill(now=now).is_done
        for conversation in conversations:
            expected = slowly(conversation, now)
            assert fast(conversation, expected or ()) == expected
        assert stored_sums() == sums()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(histories, st.lists(parts, min_size=1, max_size=4), st.integers(0, 300))
    def test_what_comes_late_or_time_alone_corrects_them(self, first: Any, late: Any, hours_later: int) -> None:
        conversation = written(first)
        fill(now=NOW)
        for number, part in enumerate(late):
            add(conversation, part, 100 + number)
        then = NOW + timedelta(hours=hours_later)
        Conversation.objects.filter(pk=conversation.pk).update(updated_at=then)  # as whoever records an event does
        fill(now=then)
        fill(now=then)  # twice is once
        expected = slowly(conversation, then)
        assert fast(conversation, expected or ()) == expected
        assert stored_sums() == sums()


@pytest.mark.django_db
def test_time_alone_makes_a_resolution_durable() -> None:
    conversation = written([Part("customer", timedelta(minutes=9)), Part("answered", timedelta(minutes=8))])
    fill(now=NOW)
    Conversation.objects.update(updated_at=NOW - timedelta(days=30))  # nothing moves any more
    levels = ("is_assumed", "is_verified", "is_durable")
    reached = []
    for days in (0.5, 2, 4, 8):
        fill(now=NOW + timedelta(days=days))
        found = fast(conversation, levels)
        assert found is not None
        reached.append(tuple(found.values()))
    assert reached == [(False, None, None), (True, None, None), (True, True, None), (True, True, True)]


@pytest.mark.django_db
def test_a_label_given_later_counts_although_nothing_else_moved() -> None:
    conversation = written([Part("customer", timedelta(hours=9)), Part("answered", timedelta(hours=8))])
    check = IntentCheck.objects.create(turn=conversation.turns.get(), guess="refund", lot=0.1)
    fill(now=NOW)
    Conversation.objects.update(updated_at=NOW - timedelta(days=30))
    Turn.objects.update(started_at=NOW - timedelta(days=30))
    fill(now=NOW + timedelta(hours=2))
    check.verdict, check.intent, check.decided_at = "wrong", "parcel", NOW + timedelta(hours=3)
    check.save()
    assert fill(now=NOW + timedelta(hours=4)).conversations == 1
    row = Hourly.objects.get()
    assert (row.intents_labelled, row.intents_right) == (1, 0)  # type: ignore[attr-defined]  # columns made of SUMS


@pytest.mark.django_db
def test_a_run_that_breaks_off_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.business.filling.BATCH", 2)
    conversations = [written([Part("customer", timedelta(hours=hour))]) for hour in range(5)]
    assert not fill(now=NOW, most_batches=1).is_done
    assert ConversationOutcome.objects.count() == 2
    resumed = fill(now=NOW + timedelta(minutes=1))
    assert resumed.is_done
    assert resumed.conversations == 3
    assert ConversationOutcome.objects.count() == len(conversations)
    assert Filling.objects.get().counted_until == NOW  # the next run looks at what moved since the first one began


@pytest.mark.django_db(transaction=True)
def test_two_fillings_at_once_count_nothing_twice() -> None:
    written([Part("customer", timedelta(hours=1))])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7301001)")
        try:
            other = _in_another_connection()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(7301001)")
    assert not other.is_done
    assert fill(now=NOW).is_done
    assert Hourly.objects.get().conversations == 1


def _in_another_connection() -> Any:
    from concurrent.futures import ThreadPoolExecutor

    def run() -> Any:
        try:
            return fill(now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(30)


@pytest.mark.django_db
def test_times_that_run_backwards_count_as_nothing_and_are_said() -> None:
    backwards = written([Part("customer", timedelta(hours=1)), Part("sent", timedelta(hours=2))])
    fill(now=NOW)
    row = ConversationOutcome.objects.get(pk=backwards.pk)
    assert row.first_answer_seconds == 0.0
    assert row.has_odd_times
    assert Hourly.objects.get().odd_times == 1


@pytest.mark.django_db
def test_every_sum_is_a_column() -> None:
    assert set(SUMS) <= {field.name for field in Hourly._meta.get_fields()}
