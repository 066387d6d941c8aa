"""A month on paper and a week by e-mail, sent once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client

from analytics.business.filling import fill
from analytics.models import CostBasis, ModelPrice, ReportRecipient, ReportSending
from analytics.reports import weekly
from analytics.reports.weekly import last_week, send_due
from analytics.tasks import send_weekly_reports
from tests.integration.analytics.histories import NOW, Part, written

MONDAY = datetime(2026, 3, 30, 8, tzinfo=UTC)  # a day after NOW


def history() -> None:
    for number in range(4):
        ending = "answered" if number else "handoff"
        written(
            [Part("customer", timedelta(days=3)), Part("answered", timedelta(days=3)), Part(ending, timedelta(days=2))]
        )
    fill(now=NOW)


@pytest.mark.django_db
def test_the_real_task_sends_the_last_week_once_in_each_language(monkeypatch: pytest.MonkeyPatch) -> None:
    history()
    monkeypatch.setattr(weekly.timezone, "now", lambda: MONDAY)
    ReportRecipient.objects.create(email="lead@example.com")
    ReportRecipient.objects.create(email="boss@example.com", language="zh-hans")
    ReportRecipient.objects.create(email="gone@example.com", is_on=False)
    for _ in range(3):
        send_weekly_reports.apply()
    assert sorted(one.to[0] for one in mail.outbox) == ["boss@example.com", "lead@example.com"]
    chinese, english = sorted(mail.outbox, key=lambda one: one.to[0])
    assert "23 Mar 2026 to 29 Mar 2026" in english.subject
    assert "Conversations: 4" in english.body
    assert "Resolution: 75% (of 4 · between 30 and 95 % · too early to say)" in english.body
    assert "Conversations" not in chinese.body
    assert "4" in chinese.body


@pytest.mark.django_db(transaction=True)
def test_several_workers_send_once() -> None:
    ReportRecipient.objects.create(email="lead@example.com")

    def work(_: Any) -> int:
        try:
            return send_due(now=MONDAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_what_could_not_be_sent_is_said_and_tried_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ReportRecipient.objects.create(email="lead@example.com")

    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(weekly, "send_mail", refuse)
        assert send_due(now=MONDAY) == 0
    client.force_login(User.objects.create_superuser("lead"))
    page = client.get("/admin/analytics/reportrecipient/").content.decode()
    assert "could not be sent: ConnectionRefusedError" in page
    assert send_due(now=MONDAY) == 1
    assert ReportSending.objects.get().sent_at == MONDAY


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        (datetime(2026, 3, 30, 6, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 30, 7, tzinfo=UTC), date(2026, 3, 23)),
        (datetime(2026, 4, 5, 23, 59, tzinfo=UTC), date(2026, 3, 23)),
        (datetime(2026, 1, 1, 12, tzinfo=UTC), date(2025, 12, 22)),
    ],
)
def test_the_week_is_the_last_whole_one(now: datetime, monday: date | None) -> None:
    assert last_week(now) == monday


@pytest.mark.django_db
def test_costs_are_reported_where_anything_has_a_price(client: Client) -> None:
    history()
    client.force_login(User.objects.create_superuser("lead"))
    assert "Cost of a conversation" not in client.get("/analytics/report/", {"month": "2026-03"}).content.decode()
    ModelPrice.objects.create(price_read=100_000, price_written=0, valid_from=date(2026, 1, 1))
    CostBasis.objects.create(pk=1, currency="USD", baseline_minutes=6)
    fill(now=NOW)
    page = client.get("/analytics/report/", {"month": "2026-03"}).content.decode()
    # 7 turns of 10 tokens read at 0.1 each, in 4 conversations
    assert "7.00 USD" in page
    assert "1.75 USD" in page
    assert "Cost of a conversation: 1.75 USD (of 4" in weekly.words(date(2026, 3, 23))[1]


@pytest.mark.django_db
def test_a_month_is_reported_with_its_definitions(client: Client) -> None:
    history()
    client.force_login(User.objects.create_superuser("lead"))
    page = client.get("/analytics/report/", {"month": "2026-03"}).content.decode()
    assert "March 2026" in page
    assert "75%" in page
    assert "Involvement times resolution" in page
    assert "No conversation in this month." in client.get("/analytics/report/", {"month": "2026-12"}).content.decode()
    for nonsense in ("2026-13", "x", "", "2026-1", "٢٠٢٦-٠١"):
        assert client.get("/analytics/report/", {"month": nonsense}).status_code == 200
    client.force_login(User.objects.create_user("agent", is_staff=True))
    assert client.get("/analytics/report/").status_code == 403
