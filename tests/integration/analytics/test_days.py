"""Days added up from hours say what the hours say, in every zone."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from analytics.business.days import sum_up_all_days, sum_up_days
from analytics.business.filling import fill
from analytics.business.reading import Period, Question, combinations, sums, sums_by_day
from analytics.costs.prices import Prices
from analytics.costs.reading import cost_by_day, cost_rows
from analytics.models import Daily, Filling, Hourly, HourlyCost
from analytics.models.hourly import SUMS
from tests.integration.analytics.histories import NOW, Part, written

#: Whole, half and quarter hours from UTC; clocks changed at midnight, at two, and not at all.
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Africa/Cairo", "Pacific/Kiritimati")
#: Around the nights on which these zones change their clocks in 2026.
NIGHTS = (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 4, 23, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC))
UNPRICED = Prices(models=(), rates=(), minutes_a_reply=0.0, longest_minutes=30.0)
hours = st.lists(
    st.tuples(st.sampled_from(NIGHTS), st.integers(0, 90), st.sampled_from(("en", "zh-hans")), st.integers(0, 9)),
    max_size=25,
    unique_by=lambda one: one[:3],
)


class TestAnyZone(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(hours, st.sampled_from(ZONES), st.integers(0, 3), st.sampled_from(NIGHTS))
    def test_days_and_hours_say_the_same(self, drawn: Any, name: str, later: int, night: datetime) -> None:
        zone = ZoneInfo(name)
        Hourly.objects.all().delete()
        HourlyCost.objects.all().delete()
        for begin, hour, language, count in drawn:
            Hourly.objects.create(
                hour=begin + timedelta(hours=hour), language=language, conversations=count, response_seconds=count / 3
            )
            for kind in ("model", "desk")[: 1 + count % 2]:
                HourlyCost.objects.create(
                    hour=begin + timedelta(hours=hour),
                    language=language,
                    kind=kind,
                    source="main",
                    uses=1,
                    micros=count,
                )
        first = night.date() + timedelta(days=later)
        question = Question(period=Period(first=first, last=first + timedelta(days=2), zone=zone))
        Filling.objects.update_or_create(pk=1, defaults={"daily_zone": ""})
        by_hours = sums(question), sums_by_day(question), combinations(question).by("language")
        costs_by_hours = _costs(question)
        sum_up_all_days(zone)
        Filling.objects.update(daily_zone=name)
        by_days = sums(question), sums_by_day(question), combinations(question).by("language")
        assert _rounded(by_days) == _rounded(by_hours)
        assert _costs(question) == costs_by_hours
        # and by hand, hour after hour
        expected: Counter[date] = Counter()
        for begin, hour, _, count in drawn:
            expected[(begin + timedelta(hours=hour)).astimezone(zone).date()] += count
        found = {day: row["conversations"] for day, row in by_days[1].items()}
        assert found == {day: expected[day] for day in found}
        spent = {day: cost.tokens for day, cost in cost_by_day(question, UNPRICED).items()}
        assert spent == {day: expected[day] for day in spent}


def _costs(question: Question) -> Any:
    english = Question(period=question.period, filters={"language": "en"})
    rows = cost_rows(question)
    return (
        {(kind, name): rows.only(kind=kind).total(name) for kind in ("model", "desk") for name in ("micros", "uses")},
        cost_by_day(question, UNPRICED),
        cost_by_day(english, UNPRICED),
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return tuple(_rounded(one) for one in value)
    return round(float(value), 6)


@pytest.mark.django_db
def test_an_hour_counted_again_corrects_its_day() -> None:
    zone = ZoneInfo("Asia/Kathmandu")
    hour = Hourly.objects.create(hour=datetime(2026, 3, 1, 18, tzinfo=UTC), conversations=3)
    Hourly.objects.create(hour=datetime(2026, 3, 1, 19, tzinfo=UTC), conversations=4)
    sum_up_all_days(zone)
    Hourly.objects.filter(pk=hour.pk).update(conversations=5)
    sum_up_days([hour.hour], zone)
    assert dict(Daily.objects.values_list("day", "conversations")) == {date(2026, 3, 1): 5, date(2026, 3, 2): 4}


@pytest.mark.django_db
def test_another_time_zone_has_all_days_added_up_anew() -> None:
    written([Part("customer", timedelta(hours=13))])  # an hour before midnight, by UTC
    fill(now=NOW)
    assert Daily.objects.get().day == date(2026, 3, 28)
    with override_settings(TIME_ZONE="Europe/Berlin"):
        question = Question(
            period=Period(first=date(2026, 3, 29), last=date(2026, 3, 29), zone=ZoneInfo("Europe/Berlin"))
        )
        assert sums(question)["conversations"] == 1  # by the hours, until the next filling
        fill(now=NOW)
        assert Daily.objects.get().day == date(2026, 3, 29)
        assert sums(question)["conversations"] == 1
    assert Filling.objects.get().daily_zone == "Europe/Berlin" != django_settings.TIME_ZONE


@pytest.mark.django_db
def test_filling_leaves_days_that_are_the_sum_of_their_hours() -> None:
    for hour in range(0, 60, 7):
        written([Part("customer", timedelta(hours=hour)), Part("handoff", timedelta(hours=hour))])
    fill(now=NOW)
    for name in SUMS:
        whole = sum(Hourly.objects.values_list(name, flat=True))
        assert sum(Daily.objects.values_list(name, flat=True)) == whole, name
    assert sum(Daily.objects.values_list("handed_rule", flat=True)) == 9
