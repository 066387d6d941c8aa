"""The dashboard of the technical level says how long answers took, and counts as one would by hand."""

import statistics
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from analytics.business.reading import last_days
from analytics.technical import reading
from analytics.technical.reading import Asked, read_technical
from chatbot.models import Turn
from tests.integration.analytics.asking import asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_turn"))
    client.force_login(user)
    return client


def timed(number: int) -> Turn:
    """Every third by a model, every tenth of those without an answer of it; two days of them."""
    turn = asked(f"Question {number}", days_ago=0.02 + number % 2)
    by_model = number % 3 == 0
    Turn.objects.filter(pk=turn.pk).update(
        own_milliseconds=10 * number,
        model_milliseconds=1_000 + number if by_model else 0,
        pool=("west" if number % 2 else "east") if by_model else "",
        tokens_written=100 if by_model else 0,
        reasons=["model_failed"] if number % 30 == 0 else ["confident"],
    )
    turn.refresh_from_db()
    return turn


def week(**filters: str) -> Asked:
    return Asked(period=last_days(7), filters=filters)


def test_figures_are_those_that_one_counts_by_hand() -> None:
    turns = [timed(number) for number in range(90)]
    found = read_technical(week()).whole
    own = [turn.own_milliseconds for turn in turns]
    model = [turn.model_milliseconds for turn in turns if turn.pool]
    assert found.turns == found.timed == 90
    assert found.own_median == statistics.median(own)
    assert found.own_p99 == pytest.approx(statistics.quantiles(own, n=100, method="inclusive")[98])
    assert found.over_promise == sum(one > 500 for one in own)
    assert (found.asked_model, found.model_median) == (len(model), statistics.median(model))
    assert found.failed == 3
    assert found.tokens_a_second == pytest.approx(100 * len(model) / (sum(model) / 1000))


def test_days_and_pools_add_up_to_the_whole() -> None:
    for number in range(30):
        timed(number)
    found = read_technical(week())
    assert sum(one.turns for _step, one in found.steps) == found.whole.turns == 30
    assert {name: one.turns for name, one in found.pools} == {"east": 5, "west": 5}
    assert read_technical(week(pool="east")).whole.turns == 5
    assert read_technical(week(pool="'; DROP TABLE chatbot_turn")).whole.turns == 0


def test_what_is_not_finished_or_from_another_time_does_not_count() -> None:
    asked("Obsolete", outcome="superseded")
    asked("Long ago", days_ago=40)
    Turn.objects.filter(pk=asked("At work").pk).update(finished_at=None)
    nothing = read_technical(week())
    assert nothing.whole.turns == 0 and nothing.whole.own_p99 is None and nothing.steps == ()


def test_more_than_can_be_read_is_said(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        timed(number)
    monkeypatch.setattr(reading, "TURNS_READ", 5)
    assert read_technical(week()).whole.turns == 5
    assert "Only the newest" in operator.get("/analytics/technical/").content.decode()


def test_every_figure_leads_to_the_turns_behind_it(operator: Client) -> None:
    for number in range(61):
        timed(number)
    page = operator.get("/analytics/technical/")
    counts = {tile.title: operator.get(tile.link) for tile in page.context["tiles"]}
    assert all(answer.status_code == 200 for answer in counts.values())
    assert counts["Questions"].context["cl"].result_count == 61
    assert counts["Slower than promised"].context["cl"].result_count == 10
    assert counts["Model failed"].context["cl"].result_count == 3
    assert counts["Tokens a second"].context["cl"].result_count == 21
    assert counts["Model's time, half within"].context["cl"].result_count == 21
    assert 0 < counts["Own time, 99 % within"].context["cl"].result_count <= 2


def test_an_empty_page_and_an_address_that_means_nothing_are_answered(operator: Client) -> None:
    assert "No question in this time." in operator.get("/analytics/technical/").content.decode()
    for query in ("days=x", "days=1", "days=999999", "pool=%00", "intent=%F0%9F%98%80", "profile=" + "x" * 5_000):
        assert operator.get(f"/analytics/technical/?{query}").status_code == 200


def test_a_day_is_shown_hour_by_hour(operator: Client) -> None:
    turn = asked("Now", days_ago=0)
    Turn.objects.filter(pk=turn.pk).update(own_milliseconds=7)
    steps = read_technical(Asked(period=last_days(1))).steps
    assert [timezone.localtime(step).minute for step, _one in steps] == [0]
    assert timezone.now() - steps[0][0] < timedelta(hours=2)
    assert "7 ms" in operator.get("/analytics/technical/?days=1").content.decode()


def test_strangers_see_nothing(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get("/analytics/technical/").status_code == 403
