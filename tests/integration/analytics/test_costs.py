"""What conversations cost: the same when worked out a second, slower way; prices that change and leave gaps."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from analytics.business.filling import fill
from analytics.costs.prices import gaps, gpu_costs, prices
from analytics.models import (
    ConversationOutcome,
    CostBasis,
    CostLine,
    DailyCost,
    HourlyCost,
    ModelPrice,
    ModelReading,
    RoleRate,
)
from analytics.models.cost import AMOUNTS, COST_KEYS
from analytics.models.hourly import DIMENSIONS
from chatbot.models import ModelCall, Turn
from sessions_app.models import AuditEntry, Conversation
from tests.integration.analytics.expenses import dearly
from tests.integration.analytics.histories import NOW, Part, add, written

TODAY = NOW.date()
POOLS, MODELS = ("", "north", "south"), ("", "small", "large")

turns = st.fixed_dictionaries(
    {
        "at": st.integers(0, 40 * 24),  # hours before NOW
        "pool": st.sampled_from(POOLS),
        "model": st.sampled_from(MODELS),
        "tokens_read": st.integers(0, 5_000),
        "tokens_written": st.integers(0, 900),
        "model_milliseconds": st.none() | st.integers(-500, 9_000),
    }
)
calls = st.fixed_dictionaries(
    {
        "at": st.integers(0, 40 * 24).map(lambda hours: NOW - timedelta(hours=hours)),
        "use": st.sampled_from(("rewriting", "translation")),
        "pool": st.sampled_from(POOLS),
        "model": st.sampled_from(MODELS),
        "tokens_read": st.integers(0, 5_000),
        "tokens_written": st.integers(0, 900),
        "milliseconds": st.integers(0, 9_000),
    }
)
entries = st.tuples(
    st.sampled_from(("claimed", "claimed", "approved", "released", "viewed", "rejected")),
    st.integers(0, 2),  # user
    st.integers(1, 2),  # item
    st.integers(0, 40 * 24 * 60),  # minutes before NOW, in no order: clocks jump
)
amounts = st.decimals(0, 100, places=3)
model_prices = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("tokens", "tokens", "gpu")),
        "pool": st.sampled_from(POOLS),
        "model": st.sampled_from(MODELS),
        "per": st.sampled_from((1_000, 1_000_000)),
        "price_read": amounts,
        "price_written": amounts,
        "price_hour": amounts,
        "gpus": st.integers(1, 4),
        "days": st.tuples(st.integers(0, 40), st.none() | st.integers(0, 15)),
    }
)
rates = st.tuples(st.integers(0, 2), st.integers(0, 90), st.tuples(st.integers(0, 40), st.none() | st.integers(0, 15)))


def stated(drawn_prices: Any, drawn_rates: Any, groups: list[Group]) -> None:
    """Those of the drawn rows that the admin would take."""
    rows: list[ModelPrice | RoleRate] = []
    for one in drawn_prices:
        values = dict(one)
        first, length = values.pop("days")
        begin = TODAY - timedelta(days=first)
        end = None if length is None else begin + timedelta(days=length)
        if values["kind"] == "gpu":
            values["model"] = ""
        rows.append(ModelPrice(**values, valid_from=begin, valid_until=end))
    for number, hourly, (first, length) in drawn_rates:
        begin = TODAY - timedelta(days=first)
        end = None if length is None else begin + timedelta(days=length)
        rows.append(RoleRate(role=[None, *groups][number], hourly=Decimal(hourly), valid_from=begin, valid_until=end))
    for row in rows:
        try:
            row.full_clean()
        except ValidationError:
            continue
        row.save()


def staff() -> tuple[list[User], list[Group]]:
    groups = [Group.objects.create(name=name) for name in ("cheap", "dear")]
    users = [User.objects.create_user(f"u{number}") for number in range(3)]
    users[1].groups.add(groups[0])
    users[2].groups.add(*groups)
    return users, groups


def with_use(drawn_turns: Any, drawn_calls: Any, drawn_entries: Any, users: list[User]) -> Conversation:
    conversation = written([Part("customer", timedelta(hours=41 * 24)), Part("teammate", timedelta(hours=30))])
    for number, one in enumerate(drawn_turns):
        values = dict(one)
        add(conversation, Part("answered", timedelta(hours=values.pop("at"))), 10 + number)
        Turn.objects.filter(pk=conversation.turns.latest("pk").pk).update(**values)
    ModelCall.objects.bulk_create(ModelCall(conversation=conversation, **one) for one in drawn_calls)
    for action, user, item, minutes in drawn_entries:
        AuditEntry.objects.create(
            action=action, user_id=users[user].pk, item_id=item + 10 * conversation.pk,
            conversation_id=conversation.pk, at=NOW - timedelta(minutes=minutes),
        )  # fmt: skip
    return conversation


def stored(conversation: Conversation) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    return {
        (row.kind, row.source, row.use): (
            row.uses, row.tokens_read + row.tokens_written, round(row.seconds, 4), row.micros, row.unpriced_tokens,
            round(row.unpriced_seconds, 4), row.uncounted, row.odd,
        )
        for row in CostLine.objects.filter(outcome_id=conversation.pk)
    }  # fmt: skip


def close(found: dict[Any, Any], expected: dict[Any, Any]) -> bool:
    """Money may differ by one millionth where it lies between two."""
    return found.keys() == expected.keys() and all(
        abs(a - b) <= (1 if place == 3 else 2e-4)
        for key in found
        for place, (a, b) in enumerate(zip(found[key], expected[key], strict=True))
    )


def sums_are_those_of_the_lines() -> bool:
    """The hours' and the days'."""
    lines: Counter[tuple[Any, ...]] = Counter()
    sums: Counter[tuple[Any, ...]] = Counter()
    for line in CostLine.objects.select_related("outcome"):
        hour = line.outcome.started_at.replace(minute=0, second=0, microsecond=0)
        for when in (hour, hour.astimezone(ZoneInfo(django_settings.TIME_ZONE)).date()):
            for name in AMOUNTS:
                key = (
                    when,
                    *(getattr(line.outcome, one) for one in DIMENSIONS),
                    *(getattr(line, one) for one in COST_KEYS),
                    name,
                )
                lines[key] += round(getattr(line, name), 3)
    for when, row in [
        *((row.hour, row) for row in HourlyCost.objects.all()),
        *((row.day, row) for row in DailyCost.objects.all()),
    ]:
        for name in AMOUNTS:
            key = (when, *(getattr(row, one) for one in DIMENSIONS), *(getattr(row, one) for one in COST_KEYS), name)
            sums[key] += round(getattr(row, name), 3)
    return all(abs(lines[key] - sums[key]) < 0.01 for key in lines.keys() | sums.keys())


class TestAnyExpense(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(st.lists(turns, max_size=4), st.lists(calls, max_size=3), st.lists(entries, max_size=8)),
            min_size=1,
            max_size=3,
        ),
        st.lists(model_prices, max_size=6),
        st.lists(rates, max_size=5),
        st.sampled_from((0.0, 2.5)),
    )
    def test_costs_are_what_the_definitions_say(self, drawn: Any, priced: Any, rated: Any, reply: float) -> None:
        users, groups = staff()
        CostBasis.objects.create(pk=1, minutes_a_reply=reply, longest_minutes=45)
        stated(priced, rated, groups)
        conversations = [with_use(*one, users) for one in drawn]
        fill(now=NOW)
        for conversation in conversations:
            assert close(stored(conversation), dearly(conversation)), (stored(conversation), dearly(conversation))
        assert sums_are_those_of_the_lines()

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(turns, max_size=4), st.lists(calls, max_size=3), st.lists(entries, max_size=8),
        st.lists(model_prices, max_size=4),
        st.lists(model_prices, max_size=3), st.lists(rates, max_size=3), st.data(),
    )  # fmt: skip
    def test_other_prices_correct_what_was_worked_out(
        self, drawn: Any, beside: Any, log: Any, priced: Any, later: Any, rated: Any, data: Any
    ) -> None:
        users, groups = staff()
        stated(priced, [], groups)
        conversation = with_use(drawn, beside, log, users)
        Conversation.objects.update(updated_at=NOW - timedelta(days=60))  # only the prices move
        fill(now=NOW)
        for row in list(ModelPrice.objects.all()):
            match data.draw(st.sampled_from(("stays", "goes", "ends"))):
                case "goes":
                    row.delete()
                case "ends":
                    row.valid_until = row.valid_from + timedelta(days=data.draw(st.integers(0, 10)))
                    row.save()
        stated(later, rated, groups)
        for _ in range(2):  # twice is once
            fill(now=NOW + timedelta(hours=3))
            assert close(stored(conversation), dearly(conversation))
        assert sums_are_those_of_the_lines()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(model_prices, max_size=6), st.integers(0, 900), st.integers(0, 200))
    def test_gpu_hours_are_those_of_each_hour(self, priced: Any, begin: int, length: int) -> None:
        stated(priced, [], [])
        first = NOW - timedelta(hours=begin)
        slowly: dict[str, list[float]] = {}
        rows = list(ModelPrice.objects.filter(kind="gpu"))
        for hour in range(length):
            for row in rows:
                day = (first + timedelta(hours=hour)).date()
                if row.valid_from <= day and (row.valid_until is None or day <= row.valid_until):
                    assert row.price_hour is not None
                    found = slowly.setdefault(row.pool, [0.0, 0.0])
                    found[0] += row.gpus
                    found[1] += row.gpus * float(row.price_hour)
        fast = gpu_costs(prices().models, begin=first, end=first + timedelta(hours=length))
        assert {one.pool: [one.hours, pytest.approx(one.micros / 1e6, abs=1e-4)] for one in fast} == slowly


def price(**changed: Any) -> ModelPrice:
    given = {
        "pool": "north", "price_read": Decimal("0.1"), "price_written": Decimal("0.4"), "valid_from": date(2026, 1, 1),
    }  # fmt: skip
    row = ModelPrice(**{**given, **changed})
    row.full_clean()
    row.save()
    return row


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"valid_from": date(2026, 5, 1)}, "valid_from"),  # overlaps
        ({"valid_from": date(2025, 1, 1)}, "valid_from"),
        ({"pool": "south", "valid_until": date(2025, 12, 31)}, "valid_until"),
        ({"pool": "south", "price_read": Decimal("-1")}, "price_read"),
        ({"pool": "south", "price_written": None}, "price_written"),
        ({"pool": "", "kind": "gpu", "price_hour": Decimal(2)}, "pool"),
        ({"pool": "south", "kind": "gpu"}, "price_hour"),
        ({"pool": "south", "kind": "gpu", "price_hour": Decimal(2), "model": "x"}, "model"),
    ],
)
def test_a_price_that_cannot_hold_is_refused_at_its_field(changed: dict[str, Any], field: str) -> None:
    price()
    with pytest.raises(ValidationError) as refused:
        price(**changed)
    assert field in refused.value.message_dict


@pytest.mark.django_db
def test_days_without_a_price_between_two_are_a_gap() -> None:
    price(valid_until=date(2026, 1, 31))
    assert gaps(list(ModelPrice.objects.all())) == []
    price(valid_from=date(2026, 2, 3))
    price(pool="south")
    (gap,) = gaps(list(ModelPrice.objects.all()))
    assert (gap.subject, gap.first, gap.last) == ("north", date(2026, 2, 1), date(2026, 2, 2))


@pytest.mark.django_db
def test_the_admin_says_where_a_gap_is(client: Client) -> None:
    client.force_login(User.objects.create_superuser("lead"))
    price(pool="", valid_until=date(2026, 1, 31))
    form = {
        "kind": "tokens", "pool": "", "model": "", "per": 1_000, "price_read": "0.1", "price_written": "0.2", "gpus": 1,
        "valid_from": "2026-03-01",
    }  # fmt: skip
    page = client.post("/admin/analytics/modelprice/add/", form, follow=True).content.decode()
    assert "There is a gap." in page
    assert "nothing holds from 1 Feb 2026 until 28 Feb 2026" in page
    overlapping = client.post("/admin/analytics/modelprice/add/", form | {"valid_from": "2026-04-01"})
    assert "holds already" in overlapping.content.decode()


@pytest.mark.django_db
def test_a_day_keeps_the_price_that_held_on_it() -> None:
    price(pool="", valid_until=TODAY - timedelta(days=1), price_read=Decimal(1), price_written=Decimal(0))
    price(pool="", valid_from=TODAY, price_read=Decimal(3), price_written=Decimal(0))
    conversation = written([Part("customer", timedelta(days=3))])
    for number, hours in enumerate((40, 1)):
        add(conversation, Part("answered", timedelta(hours=hours)), 5 + number)
    fill(now=NOW)
    assert CostLine.objects.get().micros == 10 * 1 + 10 * 3


@pytest.mark.django_db
def test_what_a_model_read_afterwards_is_paid_for_like_an_answer() -> None:
    price(pool="main", price_read=Decimal(1), price_written=Decimal(2))
    conversation = written([Part("customer", timedelta(hours=3)), Part("answered", timedelta(hours=2))])
    ModelReading.objects.create(
        conversation=conversation, status="read", rating=4, asked_at=NOW, pool="main", model="m", tokens_read=300,
        tokens_written=20, milliseconds=1_500.0,
    )  # fmt: skip
    fill(now=NOW)
    line = CostLine.objects.get(source="main")
    assert (line.kind, line.use) == ("model", "reading")
    assert (line.kind, line.uses, line.seconds, line.micros) == ("model", 1, 1.5, 300 * 1 + 20 * 2)
    assert line.tokens_read + line.tokens_written == 320


@pytest.mark.django_db
def test_what_is_translated_long_after_the_conversation_corrects_its_cost() -> None:
    price(pool="main", price_read=Decimal(1), price_written=Decimal(2))
    conversation = written([Part("customer", timedelta(days=30)), Part("answered", timedelta(days=30))])
    Conversation.objects.update(updated_at=NOW - timedelta(days=30))
    fill(now=NOW)
    later = NOW + timedelta(days=9)
    fill(now=later)
    ModelCall.objects.create(
        conversation=conversation,
        use="translation",
        pool="main",
        model="m",
        tokens_read=50,
        tokens_written=10,
        at=later,
    )
    fill(now=later + timedelta(minutes=5))
    assert CostLine.objects.get(use="translation").micros == 50 * 1 + 10 * 2
    assert HourlyCost.objects.get(use="translation").micros == 70


@pytest.mark.django_db
def test_what_a_forgotten_tab_takes_is_bounded_and_a_clock_that_jumped_takes_nothing() -> None:
    user = User.objects.create_user("agent")
    conversation = written([Part("customer", timedelta(days=3))])
    for item, minutes in ((1, 600), (2, -5)):
        for action, at in (("claimed", 1_000), ("approved", 1_000 - minutes)):
            AuditEntry.objects.create(
                action=action, user_id=user.pk, item_id=item, conversation_id=conversation.pk,
                at=NOW - timedelta(minutes=at),
            )  # fmt: skip
    fill(now=NOW)
    line = CostLine.objects.get()
    assert (line.kind, line.uses, line.seconds, line.unpriced_seconds, line.odd) == ("desk", 2, 1_800.0, 1_800.0, 1)


@pytest.mark.django_db
def test_who_may_only_see_results_changes_no_price(client: Client) -> None:
    user = User.objects.create_user("lead", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_conversationoutcome"))
    client.force_login(user)
    assert client.get("/admin/analytics/modelprice/add/").status_code == 403
    assert ConversationOutcome.objects.count() == 0
