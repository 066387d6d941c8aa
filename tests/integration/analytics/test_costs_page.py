"""The dashboard of the cost level, as a lead sees it."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from analytics.business.filling import fill
from analytics.costs.statistics import COST_STATISTICS, cost_figure
from analytics.models import CostBasis, ModelPrice, RoleRate
from chatbot.models import ModelCall, ModelPool, ModelUse, Turn
from sessions_app.models import AuditEntry
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
    """Each asks the model once, 10 tokens read and 3 written; every third is decided at the desk within 2 minutes."""
    monkeypatch.setattr(histories, "NOW", timezone.now())
    for number in range(conversations):
        ending = ["answered", "handoff", "answered"][number % 3]
        conversation = written(
            [
                Part("customer", timedelta(hours=40)),
                Part("answered", timedelta(hours=39)),
                Part(ending, timedelta(hours=38)),
            ],
            language="zh-hans" if number % 3 == 2 else "en",
        )
        if number % 3 == 1:
            begun = timezone.now() - timedelta(hours=37)
            for action, at in (("claimed", begun), ("rejected", begun + timedelta(minutes=2))):
                AuditEntry.objects.create(
                    action=action, user_id=1, item_id=number, conversation_id=conversation.pk, at=at
                )
    Turn.objects.update(pool="north", model="small", model_milliseconds=500)
    fill()


def state_prices(**gpu: Any) -> None:
    since = timezone.now().date() - timedelta(days=400)
    ModelPrice.objects.create(price_read=Decimal(100_000), price_written=Decimal(200_000), valid_from=since)
    RoleRate.objects.create(hourly=Decimal(30), valid_from=since)
    CostBasis.objects.create(pk=1, currency="USD", baseline_minutes=6)
    if gpu:
        ModelPrice.objects.create(kind="gpu", pool="idle", valid_from=since, **gpu)


def figures(page: Any) -> dict[str, str]:
    return {tile.figure.statistic.name: tile.value for tile in page.context["tiles"]}


def test_an_empty_page_says_what_will_be_there(lead: Client) -> None:
    page = lead.get("/analytics/costs/").content.decode()
    assert "Nothing has cost anything in this time." in page
    assert "nobody has stated how long a conversation took before" in page


def test_figures_are_what_the_prices_make_them(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    state_prices()
    history(monkeypatch)
    found = figures(lead.get("/analytics/costs/"))
    # 50 turns of 10 * 0.1 + 3 * 0.2 = 1.60, ten decisions of 2 minutes at 30 an hour = 1 each.
    assert found["cost"] == "90.00 USD"
    assert found["cost_conversation"] == "3.00 USD"
    assert found["cost_resolved"] == "4.50 USD"
    assert found["people_minutes"] == "0.7 min"
    assert found["hours_saved"] == "2.0 h"
    assert found["saved_for_one"] == "0.7"


def test_what_the_team_tries_is_in_the_whole_cost_and_in_no_conversations(
    lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_prices()
    history(monkeypatch)
    took: dict[str, Any] = {"pool": "north", "model": "small", "tokens_read": 20, "tokens_written": 15}
    ModelCall.objects.create(use=ModelUse.TRIAL, **took)  # 20 * 0.1 + 15 * 0.2 = 5
    ModelCall.objects.create(use=ModelUse.PROPOSAL, at=timezone.now() - timedelta(days=90), **took)
    page = lead.get("/analytics/costs/")
    assert figures(page)["cost"] == "95.00 USD"
    assert (
        figures(page)["model_conversation"]
        == figures(lead.get("/analytics/costs/", {"language": ""}))["model_conversation"]
    )
    trials = [part for part in page.context["parts"] if part.get("use", "").startswith("trials")]
    assert [(part["cost"], part["link"]) for part in trials] == [("5.00 USD", "")]
    assert sum(json.loads(page.context["days"])["datasets"][-1]["data"]) == 5
    chinese = lead.get("/analytics/costs/", {"language": "zh-hans"})
    assert float(figures(chinese)["cost"].split()[0]) == 20 * 1.6
    assert not [part for part in chinese.context["parts"] if part.get("use", "").startswith("trials")]


def test_prices_stated_later_correct_what_was_counted(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    history(monkeypatch)
    page = lead.get("/analytics/costs/")
    assert "650 tokens have no price; they count as 0." in page.content.decode()
    assert "20 min of people&#x27;s time have no hourly rate" in page.content.decode()
    state_prices()
    fill()
    page = lead.get("/analytics/costs/")
    assert figures(page)["cost"] == "90.00 USD"
    assert page.context["doubts"] == []


def test_idle_gpus_cost_as_well_and_a_filter_bears_its_share(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    state_prices(gpus=2, price_hour=Decimal("1.5"))
    history(monkeypatch)
    whole = lead.get("/analytics/costs/", {"days": 7})
    (idle,) = [part for part in whole.context["parts"] if part["title"] == "GPUs: idle"]
    hours = (timezone.now() - whole.context["question"].period.begin) / timedelta(hours=1)
    assert float(idle["cost"].split()[0].replace(",", "")) == pytest.approx(3 * hours, abs=0.1)
    share = lead.get("/analytics/costs/", {"days": 7, "language": "zh-hans"})
    (idle,) = [part for part in share.context["parts"] if part["title"] == "GPUs: idle"]
    assert idle["cost"] == "0.00 USD"  # nobody used it
    ModelPrice.objects.filter(pool="idle").update(pool="north")
    fill()
    share = lead.get("/analytics/costs/", {"days": 7, "language": "zh-hans"})
    (used,) = [part for part in share.context["parts"] if part["title"] == "GPUs: north"]
    assert float(used["cost"].split()[0].replace(",", "")) == pytest.approx(3 * hours * 20 / 50, abs=0.1)


def test_every_figure_leads_to_the_conversations_behind_it(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    history(monkeypatch)
    page = lead.get("/analytics/costs/")
    links = [tile.link for tile in page.context["tiles"]]
    links += [part["link"] for part in page.context["parts"] + page.context["intents"]]
    links += [one["behind"] for one in page.context["doubts"] if one["behind"]]
    for link in links:
        assert lead.get(link).status_code == 200, link
    (people,) = [tile.link for tile in page.context["tiles"] if tile.figure.statistic.name == "people_minutes"]
    assert lead.get(people).context["cl"].result_count == 10
    (unpriced,) = [one["behind"] for one in page.context["doubts"] if "tokens have no price" in one["doubt"].text]
    assert lead.get(unpriced).context["cl"].result_count == 30


def test_days_add_up_to_the_whole(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    state_prices(gpus=1, price_hour=Decimal("0.25"))
    history(monkeypatch)
    page = lead.get("/analytics/costs/", {"days": 7})
    days = json.loads(page.context["days"])
    cost = next(tile.figure.value for tile in page.context["tiles"] if tile.figure.statistic.name == "cost")
    assert sum(sum(one["data"]) for one in days["datasets"]) == pytest.approx(cost, abs=0.01)


def test_few_conversations_are_called_too_early(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    state_prices()
    history(monkeypatch, 6)
    page = lead.get("/analytics/costs/")
    assert "of 6 · too early to say" in page.content.decode()


def test_every_statistic_is_defined_on_the_page_and_made_of_sums_that_exist(lead: Client) -> None:
    page = lead.get("/analytics/costs/")
    assert [one.name for one in page.context["definitions"]] == [one.name for one in COST_STATISTICS]
    for tile in page.context["tiles"]:
        assert cost_figure(tile.figure.statistic, {}).value is None
        assert str(tile.figure.statistic.definition)


def test_who_may_not_see_results_sees_no_page(client: Client) -> None:
    client.force_login(User.objects.create_user("agent", is_staff=True))
    assert client.get("/analytics/costs/").status_code == 403
    client.logout()
    assert client.get("/analytics/costs/").status_code == 302


@pytest.mark.parametrize("query", ["days=abc", "days=-1", "language=%00", "tier=nobody", "intent=" + "x" * 500])
def test_an_address_that_means_nothing_shows_a_page_all_the_same(lead: Client, query: str) -> None:
    assert lead.get(f"/analytics/costs/?{query}").status_code == 200


def test_next_month_is_foretold_from_weeks_and_not_from_days(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    state_prices()
    history(monkeypatch, 6)
    page = lead.get("/analytics/costs/")
    assert "Too little history to say: 0 full weeks of 5 that are needed." in page.content.decode()
    for weeks in range(1, 9):
        conversation = written([Part("customer", timedelta(days=7 * weeks, hours=1))])
        Turn.objects.filter(conversation=conversation).update(pool="north")
    fill()
    page = lead.get("/analytics/costs/")
    ahead = page.context["outlook"]["ahead"]
    assert ahead.weeks == 8
    assert ahead.cost is not None
    assert "With 95 % certainty" in page.content.decode()


def test_what_if_says_what_is_needed_from_what_was_seen(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    history(monkeypatch)  # 50 calls of half a second
    asked = {"factor": 100, "servers": 2, "lost": 1, "places": 1, "slowdown": 0, "model_wait": 2, "people": 1}
    page = lead.get("/analytics/costs/what-if/", asked)
    servers, people = page.context["parts"]
    assert not servers["load"].is_assumed
    assert servers["load"].mean == pytest.approx(0.5)
    assert servers["have"] == 1
    assert people["load"].is_assumed  # ten decisions are too few
    assert "That time is assumed: too few were seen." in page.content.decode()
    fewer = lead.get("/analytics/costs/what-if/", asked | {"factor": 1}).context["parts"][0]
    assert fewer["is_kept"]


def test_what_if_a_named_pool_is_lost_takes_its_gpus_and_leaves_the_others_times(
    lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    history(monkeypatch, conversations=60)  # 100 calls of half a second, by north
    slow = Turn.objects.filter(pk__in=list(Turn.objects.values_list("pk", flat=True)[:40]))
    slow.update(pool="south", model_milliseconds=1500)
    for order, (name, gpus) in enumerate((("north", 3), ("south", 2), ("spare", 0))):
        ModelPool.objects.create(name=name, order=order, url="http://gpu:8000", model="small", parallel_calls=6)
        if gpus:
            ModelPrice.objects.create(
                kind="gpu", pool=name, gpus=gpus, price_hour=1, valid_from=timezone.now().date() - timedelta(days=9)
            )
    page = lead.get("/analytics/costs/what-if/")
    form = page.context["form"]
    assert (form.data["servers"], form.data["places"]) == (6, 6), (
        "3 + 2 + one that no price names; spare's 6 calls on one"
    )
    assert "assumed" in page.content.decode()
    asked = {"pool": "north", "factor": 1, "servers": 6, "lost": 1, "people": 1}
    page = lead.get("/analytics/costs/what-if/", asked)
    servers = page.context["parts"][0]
    assert servers["have"] == 2
    assert servers["load"].mean == pytest.approx(1.5)
    assert "those of the pools that remain" in page.content.decode()
    unnamed = lead.get("/analytics/costs/what-if/", asked | {"pool": "", "lost": 4}).context["parts"][0]
    assert unnamed["have"] == 2
    assert unnamed["load"].mean == pytest.approx((40 * 1.5 + 80 * 0.5) / 120, abs=0.2)


@pytest.mark.parametrize(
    "query", ["pool=nowhere", "factor=-1", "factor=x", "servers=0", "servers=2&lost=2", "places=1e9", "factor="]
)
def test_what_cannot_be_simulated_is_said_at_its_field(lead: Client, query: str) -> None:
    page = lead.get(f"/analytics/costs/what-if/?{query}")
    assert page.status_code == 200
    assert page.context["parts"] == []
    assert 'class="problem"' in page.content.decode()


def test_nothing_is_compared_with_a_time_that_had_hardly_a_conversation(
    lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_prices(gpus=1, price_hour=Decimal("0.01"))  # cost something before, too
    history(monkeypatch)
    page = lead.get("/analytics/costs/", {"days": 7})
    assert {tile.change for tile in page.context["tiles"]} == {""}
