"""The dashboard of the business level, as a lead sees it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from analytics.business.filling import fill
from analytics.business.reading import Period, Question, combinations, sums, sums_by_day
from analytics.business.statistics import BY_NAME, STATISTICS, Kind, figure
from analytics.models import Hourly
from analytics.models.hourly import SUMS
from tests.integration.analytics import histories
from tests.integration.analytics.histories import Part, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client) -> Client:
    user = User.objects.create_user("lead", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_conversationoutcome"))
    client.force_login(user)
    return client


def history(monkeypatch: pytest.MonkeyPatch, conversations: int = 30) -> None:
    """A third answered and left alone, a third handed over, a third in Chinese and answered."""
    monkeypatch.setattr(histories, "NOW", timezone.now())
    for number in range(conversations):
        ending = ["answered", "handoff", "answered"][number % 3]
        parts = [
            Part("customer", timedelta(hours=40)),
            Part("answered", timedelta(hours=39)),
            Part(ending, timedelta(hours=38)),
        ]
        written(parts, language="zh-hans" if number % 3 == 2 else "en", rating=5 if number % 6 == 0 else None)
    fill()


def test_an_empty_page_says_what_will_be_there(lead: Client) -> None:
    page = lead.get("/analytics/business/").content.decode()
    assert "No conversation in this time." in page


def test_figures_stand_with_what_they_rest_on(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    history(monkeypatch)
    page = lead.get("/analytics/business/").content.decode()
    assert "67%" in page  # resolved: 20 of 30
    assert "of 30 · between 49 and 81 %" in page
    assert "too early to say" in page  # five ratings


def test_a_filter_counts_only_what_it_names(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    history(monkeypatch)
    page = lead.get("/analytics/business/", {"language": "zh-hans"}).content.decode()
    assert "of 10 · between 72 and 100 %" in page


def test_every_figure_leads_to_the_conversations_behind_it(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    history(monkeypatch, 6)
    page = lead.get("/analytics/business/")
    for tile in page.context["tiles"]:
        assert lead.get(tile.link).status_code == 200, tile.link
    resolution = next(tile for tile in page.context["tiles"] if tile.figure.statistic.name == "resolution")
    assert lead.get(resolution.link).context["cl"].result_count == 4


def test_the_first_page_shows_the_week_and_its_days_to_who_may_see_results(
    lead: Client, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "The last 7 days" not in lead.get("/admin/").content.decode(), "nothing to show yet"
    history(monkeypatch)
    page = lead.get("/admin/").content.decode()
    for title in ("The last 7 days", "Reviewers agree", "First word after", "Resolution"):
        assert title in page
    assert page.count('class="chart"') == 2
    client.force_login(User.objects.create_user("agent", is_staff=True))
    assert "The last 7 days" not in client.get("/admin/").content.decode()


def test_every_statistic_is_defined_on_the_page(lead: Client) -> None:
    page = lead.get("/analytics/business/")
    assert [one.words() for one in page.context["definitions"]] == [one.words() for one in STATISTICS]
    assert all("%(" not in one.words() for one in STATISTICS)


def test_who_may_not_see_results_sees_no_page(client: Client) -> None:
    client.force_login(User.objects.create_user("agent", is_staff=True))
    assert client.get("/analytics/business/").status_code == 403
    client.logout()
    assert client.get("/analytics/business/").status_code == 302


@pytest.mark.parametrize(
    "query", ["days=abc", "days=-1", "days=999999999", "language=%00", "tier=nobody", "intent=" + "x" * 500]
)
def test_an_address_that_means_nothing_shows_a_page_all_the_same(lead: Client, query: str) -> None:
    assert lead.get(f"/analytics/business/?{query}").status_code == 200


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_has_the_hours_that_its_zone_gives_it(day: date, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    period = Period(first=day, last=day, zone=zone)
    assert (period.end.astimezone(UTC) - period.begin.astimezone(UTC)) == timedelta(hours=hours)
    first = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=12)
    for hour in range(48):
        Hourly.objects.create(hour=first + timedelta(hours=hour), conversations=1)
    assert sums(Question(period=period))["conversations"] == hours
    assert sums_by_day(Question(period=period))[day]["conversations"] == hours


def test_days_add_up_to_the_period_and_so_do_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    history(monkeypatch, 9)
    today = timezone.now().date()
    question = Question(period=Period(first=today - timedelta(days=9), last=today, zone=ZoneInfo("Asia/Kathmandu")))
    whole = sums(question)
    for parts in (sums_by_day(question).values(), combinations(question).by("language").values()):
        assert {name: sum(row[name] for row in parts) for name in SUMS} == whole


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_share_lies_in_its_interval(above: int, rest: int) -> None:
    one = figure(BY_NAME["resolution"], {"resolved": above, "involved": above + rest})
    if above + rest == 0:
        assert one.value is None
    else:
        assert one.value is not None
        assert one.low is not None
        assert one.high is not None
        assert 0.0 <= one.low <= one.value + 1e-9 <= one.high + 2e-9 <= 1.0 + 3e-9
        assert one.is_early == (above + rest < 20)


def test_every_statistic_is_made_of_sums_that_exist() -> None:
    for one in STATISTICS:
        assert one.above in SUMS
        assert (one.kind is Kind.COUNT) == (one.below == "")
        assert one.below in {"", *SUMS}
