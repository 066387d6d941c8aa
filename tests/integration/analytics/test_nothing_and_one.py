"""Every page of *Measuring* opens on a system in which nothing has happened, and after a single conversation."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from analytics.business.filling import fill
from chatbot.models import ModelPool
from tests.integration.analytics import histories
from tests.integration.analytics.histories import Part, written

pytestmark = pytest.mark.django_db
PAGES = (
    "/analytics/business/",
    "/analytics/technical/",
    "/analytics/costs/",
    "/analytics/costs/?days=365",
    "/analytics/costs/what-if/",
    "/analytics/costs/what-if/?traffic=2&gpus=1",
    "/analytics/topics/",
    "/analytics/topics/alone/",
    "/analytics/gaps/",
    "/analytics/exports/",
    "/analytics/score/",
    "/analytics/report/",
    "/admin/analytics/alert/",
    "/admin/analytics/alertrule/",
    "/admin/chatbot/experiment/",
    "/status/",
)


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe"])  # 5:45 hours; summer time of half an hour
def test_pages_open_with_nothing_and_with_one_conversation(
    client: Client, settings: Settings, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TIME_ZONE = zone
    client.force_login(User.objects.create_superuser("lead"))
    assert [page for page in PAGES if client.get(page).status_code != 200] == []
    fill()
    monkeypatch.setattr(histories, "NOW", timezone.now())
    conversation = written([Part("customer", timedelta(hours=1)), Part("answered", timedelta(minutes=59))], rating=5)
    gone = ModelPool.objects.create(name="gone", url="http://127.0.0.1:1", model="m")
    conversation.turns.update(pool="gone", model="m", model_milliseconds=300, profile="Gone v3", intent="gone")
    gone.delete()
    fill()
    assert [page for page in PAGES if client.get(page).status_code != 200] == []
    assert "gone" in client.get("/analytics/costs/").content.decode(), "what was spent there stays"
