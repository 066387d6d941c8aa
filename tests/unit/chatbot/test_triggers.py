"""Trigger rules: the first that applies decides, and each says what kept it from applying."""

from datetime import UTC, datetime

import pytest

from chatbot.rules.triggers.business_hours import HoursUnreadable, hours_from
from chatbot.rules.triggers.choice import Choice, choice_of
from chatbot.rules.triggers.routing import Condition, Facts, Route, Router, Trigger, Which

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday


def facts(**more: object) -> Facts:
    return Facts(**{"text": "where is my refund", "attributes": {}, "now": NOON, "language": "en", **more})  # type: ignore[arg-type]


def trigger(name: str, route: Route = Route.HOLD, **more: object) -> Trigger:
    return Trigger(id=hash(name) % 1000, name=name, route=route, **more)  # type: ignore[arg-type]


def test_the_first_rule_that_decides_ends_the_list() -> None:
    routed = Router(
        [
            trigger("other words", keywords=("lawyer",)),
            trigger("beside", Route.CONTINUE, tags=("money",), priority="high", profile="warm"),
            trigger("decides", Route.HAND_OFF, keywords=("refund",), tags=("refund",), priority="low", team_id="7"),
            trigger("never reached", Route.STAY_OUT),
        ]
    ).route(facts())
    assert routed.decided_by is not None
    assert (routed.decided_by.name, routed.route) == ("decides", Route.HAND_OFF)
    assert (routed.tags, routed.priority, routed.profile) == (("money", "refund"), "high", "warm")
    assert [step.failed for step in routed.steps] == [Condition.KEYWORDS, None, None]


def test_without_a_rule_the_bot_answers_as_usual() -> None:
    assert Router([]).route(facts()).route == Route.ANSWER
    assert Router([trigger("no", keywords=("lawyer",))]).route(facts()).decided_by is None


@pytest.mark.parametrize(
    ("condition", "holds", "fails", "failed"),
    [
        ({"keywords": ("refund",)}, {"text": "a r e f u n d"}, {"text": "refunds"}, Condition.KEYWORDS),
        (
            {"keywords": ("a b", "c"), "needs_all_keywords": True},
            {"text": "c, a b"},
            {"text": "a b"},
            Condition.KEYWORDS,
        ),
        ({"tiers": frozenset({"pro"})}, {"tier": "Pro"}, {"tier": ""}, Condition.TIER),
        ({"channels": frozenset({"email"})}, {"channel": "email"}, {"channel": "whatsapp"}, Condition.CHANNEL),
        ({"languages": frozenset({"zh"})}, {"language": "zh-hans"}, {"language": "en"}, Condition.LANGUAGE),
        ({"intents": frozenset({"refund"})}, {"intent": "Refund"}, {"intent": ""}, Condition.INTENT),
        (
            {"attributes": (("country", "de"), ("plan", "*"))},
            {"attributes": {"Country": "DE", "plan": "x"}},
            {"attributes": {"country": "DE"}},
            Condition.ATTRIBUTES,
        ),
        ({"first": Which.YES}, {"is_first": True}, {"is_first": False}, Condition.FIRST),
        ({"first": Which.NO}, {"is_first": False}, {"is_first": True}, Condition.FIRST),
        ({"attachment": Which.YES}, {"has_attachment": True}, {"has_attachment": False}, Condition.ATTACHMENT),
        ({"route": Route.OFFER}, {"was_offered": False}, {"was_offered": True}, Condition.OFFERED),
    ],
)
def test_each_condition_holds_and_fails_by_itself(
    condition: dict[str, object], holds: dict[str, object], fails: dict[str, object], failed: Condition
) -> None:
    router = Router([trigger("one", **condition)])
    assert router.route(facts(**holds)).steps[0].failed is None
    assert router.route(facts(**fails)).steps[0].failed == failed


def test_business_hours_are_told_in_the_teams_own_time_zone() -> None:
    hours = hours_from(time_zone="Asia/Shanghai", weekly="mon-fri 09:00-18:00\nsat 10:00-12:00", closed_on="2026-12-25")
    assert hours.is_open(datetime(2026, 11, 25, 1, 0, tzinfo=UTC))  # 09:00 there
    assert not hours.is_open(datetime(2026, 11, 25, 10, 0, tzinfo=UTC))  # 18:00 there
    assert hours.is_open(datetime(2026, 11, 28, 2, 30, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 12, 25, 3, 0, tzinfo=UTC))
    router = Router([trigger("night", hours=hours, in_hours=Which.NO)])
    assert router.route(facts()).steps[0].failed is None
    assert router.route(facts(now=datetime(2026, 11, 25, 2, tzinfo=UTC))).steps[0].failed == Condition.HOURS


def test_hours_follow_the_change_to_winter_time() -> None:
    berlin = hours_from(time_zone="Europe/Berlin", weekly="mon-sun 09:00-17:00", closed_on="")
    assert berlin.is_open(datetime(2026, 7, 1, 7, 0, tzinfo=UTC))
    assert not berlin.is_open(datetime(2026, 12, 1, 7, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("weekly", "says"),
    [
        ("", "at least one line"), ("whenever", "not understood"), ("mon-fri 18:00-09:00", "ends before"),
        ("xyz 09:00-10:00", "no day of the week"), ("mon 25:00-26:00", "no time of day"), ("mon 9-10\n" * 60, "fit"),
    ],
)  # fmt: skip
def test_hours_that_cannot_be_read_are_refused_with_the_line(weekly: str, says: str) -> None:
    with pytest.raises(HoursUnreadable, match=says):
        hours_from(time_zone="UTC", weekly=weekly, closed_on="")


@pytest.mark.parametrize(
    "weekly", ["Mon–Fri 9:00-24:00", "周一至周五 09:00-18:00", "fri-mon 08:00-10:00", "mon, wed 09:00-10:00"]
)
def test_hours_are_read_as_people_write_them(weekly: str) -> None:
    assert hours_from(time_zone="UTC", weekly=weekly, closed_on="").weekly


def test_an_unknown_time_zone_and_a_bad_holiday_are_refused() -> None:
    with pytest.raises(HoursUnreadable, match="no time zone"):
        hours_from(time_zone="Mars/Base", weekly="mon 09:00-10:00", closed_on="")
    with pytest.raises(HoursUnreadable, match="no day"):
        hours_from(time_zone="UTC", weekly="mon 09:00-10:00", closed_on="Christmas")


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("bot", Choice.BOT), ("The bot, please", None), ("the bot please", Choice.BOT),
        ("1", Choice.BOT), ("机器人", Choice.BOT),
        ("person", Choice.PERSON), ("2", Choice.PERSON), ("人工", Choice.PERSON),
        ("I want to talk to a human", Choice.PERSON),
        ("How do I return a blender?", None), ("12", None), ("", None),
    ],
)  # fmt: skip
def test_the_choice_between_bot_and_person_is_understood(text: str, choice: Choice | None) -> None:
    assert choice_of(text) == choice
