"""Alert rules of the admin: measured, told once, over when it is over."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from analytics.alerting.evaluating import evaluate
from analytics.alerting.measures import BY_NAME, MEASURES
from analytics.alerting.telling import MOST_TRIES, is_quiet, tell
from analytics.models import Alert, AlertNotice, AlertRule, AlertTarget
from chatbot.models import Turn
from sessions_app.models import Conversation, Customer
from tests.integration.analytics.test_health import WELL, stored

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LATE = stored(reviews_waiting=1, reviews_oldest=9000.0)


@pytest.fixture
def webhook() -> Iterator[Any]:
    """A real server that takes what is sent to it; `status` is what it answers."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        status = 200

        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(Handler.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    server.received, server.handler = received, Handler  # type: ignore[attr-defined]
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def target(webhook: Any) -> AlertTarget:
    return AlertTarget.objects.create(name="desk", address=f"json://127.0.0.1:{webhook.server_port}/alerts")


@pytest.fixture
def rule(target: AlertTarget) -> AlertRule:
    AlertRule.objects.all().delete()
    made = AlertRule.objects.create(
        name="Reviews late", measure="reviews_oldest", bound=3600, minutes=5, advice="Review!"
    )
    made.targets.add(target)
    return made


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_an_alert_begins_after_its_minutes_is_told_once_and_is_told_again_when_it_is_over(
    rule: AlertRule, webhook: Any
) -> None:
    for minute in range(4):
        evaluate(now=at(minute), facts=LATE)
    assert not Alert.objects.exists()
    for minute in range(4, 30):
        evaluate(now=at(minute), facts=LATE)
        tell(now=at(minute))
    alert = Alert.objects.get()
    assert alert.began_at == at(5)
    assert [message["title"] for message in webhook.received] == ["[warning] Reviews late"]
    assert "Review!" in webhook.received[0]["message"]
    assert webhook.received[0]["type"] == "warning"
    evaluate(now=at(31), facts=WELL)
    tell(now=at(31))
    tell(now=at(32))
    alert.refresh_from_db()
    assert alert.ended_at == at(31)
    assert [message["title"] for message in webhook.received] == ["[warning] Reviews late", "Over: Reviews late"]
    assert webhook.received[1]["type"] == "success"


def test_each_recipient_is_told_in_their_language(rule: AlertRule, webhook: Any) -> None:
    AlertTarget.objects.update(language="zh-hans")
    for minute in (0, 6):
        evaluate(now=at(minute), facts=LATE)
    tell(now=at(6))
    evaluate(now=at(7), facts=WELL)
    tell(now=at(7))
    began, over = webhook.received
    assert began["title"] == "[警告] Reviews late"
    assert "上限" in began["message"] or "界限" in began["message"], began["message"]
    assert over["title"].endswith("Reviews late") and not over["title"].startswith("Over")


def test_a_dip_within_the_minutes_starts_them_anew(rule: AlertRule) -> None:
    for minute, facts in ((0, LATE), (3, WELL), (4, LATE), (8, LATE)):
        evaluate(now=at(minute), facts=facts)
    assert not Alert.objects.exists()


def test_the_worst_value_is_kept(rule: AlertRule) -> None:
    for minute, seconds in ((0, 9000.0), (6, 9000.0), (7, 99000.0), (8, 5000.0)):
        evaluate(now=at(minute), facts=stored(reviews_waiting=1, reviews_oldest=seconds))
    assert Alert.objects.get().worst_value == 99000.0


def test_what_cannot_be_measured_neither_begins_nor_ends_an_alert(rule: AlertRule) -> None:
    evaluate(now=at(0), facts=LATE)
    evaluate(now=at(6), facts=LATE)
    evaluate(now=at(7), facts=replace(WELL, stored=None))
    assert Alert.objects.get().ended_at is None


def test_a_clock_that_jumps_back_begins_no_alert_in_the_future(rule: AlertRule) -> None:
    evaluate(now=at(60), facts=LATE)
    evaluate(now=at(0), facts=LATE)
    evaluate(now=at(1), facts=WELL)
    rule.refresh_from_db()
    assert rule.beyond_since is None
    assert not Alert.objects.exists()


def test_a_rule_that_is_switched_off_ends_its_alert(rule: AlertRule) -> None:
    evaluate(now=at(0), facts=LATE)
    evaluate(now=at(6), facts=LATE)
    AlertRule.objects.update(is_on=False)
    evaluate(now=at(7), facts=LATE)
    assert Alert.objects.get().ended_at == at(7)


def test_in_quiet_hours_nobody_is_told_until_they_are_over(rule: AlertRule, webhook: Any) -> None:
    AlertRule.objects.update(quiet_from=time(11), quiet_to=time(14), minutes=0)
    evaluate(now=NOW, facts=LATE)
    assert tell(now=NOW) == 0
    assert tell(now=at(121)) == 1
    assert len(webhook.received) == 1


def test_what_was_over_before_the_quiet_hours_were_is_never_told(rule: AlertRule, webhook: Any) -> None:
    AlertRule.objects.update(quiet_from=time(11), quiet_to=time(14), minutes=0)
    evaluate(now=NOW, facts=LATE)
    evaluate(now=at(30), facts=WELL)
    assert tell(now=at(121)) == 0
    assert webhook.received == []


@pytest.mark.parametrize(
    ("begin", "end", "clock", "quiet"),
    [(22, 7, 23, True), (22, 7, 3, True), (22, 7, 7, False), (22, 7, 12, False), (9, 17, 12, True), (9, 17, 17, False)],
)
def test_quiet_hours_may_pass_midnight(begin: int, end: int, clock: int, quiet: bool) -> None:
    rule = AlertRule(quiet_from=time(begin), quiet_to=time(end), severity="warning")
    assert is_quiet(rule, NOW.replace(hour=clock)) is quiet
    rule.severity = "critical"
    assert not is_quiet(rule, NOW.replace(hour=clock))


def test_quiet_hours_are_those_of_the_teams_zone(settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    rule = AlertRule(quiet_from=time(19), quiet_to=time(21), severity="warning")
    assert is_quiet(rule, NOW)


def test_who_cannot_be_told_is_tried_again_a_bounded_number_of_times_and_it_is_said(
    rule: AlertRule, webhook: Any
) -> None:
    AlertRule.objects.update(minutes=0)
    webhook.handler.status = 500
    evaluate(now=NOW, facts=LATE)
    for minute in range(24 * 60):
        tell(now=at(minute))
    alert = Alert.objects.get()
    assert alert.problem == "desk"
    assert len(webhook.received) == MOST_TRIES
    assert alert.told_at is None


def test_one_channel_that_fails_has_the_others_told_once(rule: AlertRule, webhook: Any) -> None:
    AlertRule.objects.update(minutes=0)
    rule.targets.add(AlertTarget.objects.create(name="broken", address="json://127.0.0.1:1/nobody"))
    for minute in range(120):
        evaluate(now=at(minute), facts=LATE)
        tell(now=at(minute))
    alert = Alert.objects.get()
    assert [message["title"] for message in webhook.received] == ["[warning] Reviews late"]
    assert (alert.problem, alert.told_at) == ("broken", NOW)
    evaluate(now=at(121), facts=WELL)
    for minute in range(121, 130):
        tell(now=at(minute))
    alert.refresh_from_db()
    assert [message["title"] for message in webhook.received][1:] == ["Over: Reviews late"], "told of its end, too"
    assert (alert.problem, alert.told_end_at) == ("", at(121)), "who never heard of it need not hear that it is over"


def test_a_channel_that_comes_back_is_told_late(rule: AlertRule, webhook: Any) -> None:
    AlertRule.objects.update(minutes=0)
    webhook.handler.status = 503
    evaluate(now=NOW, facts=LATE)
    for minute in range(40):
        webhook.handler.status = 503 if minute < 30 else 200
        tell(now=at(minute))
    assert AlertNotice.objects.get().told_at is not None
    assert Alert.objects.get().problem == ""
    assert len(webhook.received) == AlertNotice.objects.get().tries + 1


def test_values_are_told_in_units_that_people_read(rule: AlertRule, webhook: Any, admin: Client) -> None:
    AlertRule.objects.update(minutes=0, bound=14_400)
    evaluate(now=NOW, facts=stored(reviews_waiting=1, reviews_oldest=90_000.0))
    tell(now=NOW)
    assert "Oldest draft waiting for review: 25.0 h; the bound is 4.0 h." in webhook.received[0]["message"]
    assert "over 4.0 h, at once" in admin.get("/admin/analytics/alertrule/").content.decode()


def test_addresses_with_passwords_reach_no_log(rule: AlertRule, caplog: pytest.LogCaptureFixture) -> None:
    AlertRule.objects.update(minutes=0)
    AlertTarget.objects.update(address="json://user:a-secret-password@127.0.0.1:1/x")
    evaluate(now=NOW, facts=LATE)
    tell(now=NOW)
    assert "a-secret-password" not in caplog.text


def test_every_measure_can_be_read_from_an_empty_system() -> None:
    for measure in MEASURES:
        value = measure.read(WELL, NOW)
        assert value is None or value >= 0


def test_a_share_of_a_few_turns_says_nothing_and_of_many_says_its_share() -> None:
    customer = Customer.objects.create(workspace="w", external_id="c")
    conversation = Conversation.objects.create(workspace="w", external_id="v", customer=customer)
    now = timezone.now()

    def turns(count: int, outcome: str) -> None:
        for _ in range(count):
            message = conversation.messages.create(
                external_id=f"{conversation.messages.count()}", author="note", sent_at=now
            )
            Turn.objects.create(
                conversation=conversation, last_message=message, outcome=outcome, due_at=now, own_milliseconds=40.0
            )

    turns(5, "handed_over")
    assert BY_NAME["handed_over"].read(WELL, now) is None
    turns(15, "answered")
    assert BY_NAME["handed_over"].read(WELL, now) == 25.0
    assert BY_NAME["own_time"].read(WELL, now) == 40.0


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("admin"))
    return client


RULE = {
    "name": "Mine", "is_on": "on", "measure": "reviews_waiting", "comparison": "over", "bound": "5", "minutes": "1",
    "severity": "info",
}  # fmt: skip


def test_a_rule_is_made_in_the_admin_and_shows_what_is_measured_now(admin: Client) -> None:
    assert admin.post("/admin/analytics/alertrule/add/", RULE).status_code == 302
    evaluate(now=NOW, facts=LATE)
    page = admin.get("/admin/analytics/alertrule/").content.decode()
    assert "Drafts waiting for review over 5 for 1 min" in page
    assert "nobody: shows here only" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"measure": "no such"}, "measure"),
        ({"bound": "many"}, "bound"),
        ({"minutes": "-1"}, "minutes"),
        ({"quiet_from": "22:00"}, "quiet_to"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "quiet_to"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_at_its_field(admin: Client, change: dict[str, str], field: str) -> None:
    answer = admin.post("/admin/analytics/alertrule/add/", RULE | change)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors


def test_a_recipient_is_tested_with_a_real_message_and_its_address_is_never_shown(
    admin: Client, target: AlertTarget, webhook: Any
) -> None:
    address = f"/admin/analytics/alerttarget/{target.pk}/change/"
    assert target.address not in admin.get(address).content.decode()
    assert admin.post(address, {"name": "desk", "address": "", "language": "en", "is_on": "on"}).status_code == 302
    target.refresh_from_db()
    assert target.address.startswith("json://")
    admin.get(reverse("admin:analytics_alerttarget_send_a_test", args=[target.pk]))
    assert [message["title"] for message in webhook.received] == ["Handrail: a test"]


@pytest.mark.parametrize("address", ["", "not an address", "gopher://x", "https//missing"])
def test_an_address_that_reaches_nobody_is_refused(admin: Client, address: str) -> None:
    answer = admin.post("/admin/analytics/alerttarget/add/", {"name": "x", "address": address, "is_on": "on"})
    assert "address" in answer.context["adminform"].form.errors


def test_somebody_takes_care_of_an_alert(admin: Client, rule: AlertRule) -> None:
    alert = Alert.objects.create(rule=rule, value=1, worst_value=2)
    admin.post("/admin/analytics/alert/", {"action": "acknowledge", "_selected_action": [alert.pk]})
    alert.refresh_from_db()
    assert alert.acknowledged_by is not None
    assert "acknowledged" in admin.get("/admin/analytics/alert/").content.decode()


def test_the_rules_that_ship_watch_what_can_be_measured() -> None:
    assert {rule.measure for rule in AlertRule.objects.all()} <= set(BY_NAME)
    assert AlertRule.objects.count() >= 10
