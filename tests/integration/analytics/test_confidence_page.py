"""The page on which the team sees what the confidence is worth, and what another threshold would have done."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from chatbot.models import Calibration, Turn
from chatbot.pipeline.confidence import SHIPPED, active_weights, forget_recent
from tests.integration.analytics.test_calibrating import decided

pytestmark = pytest.mark.django_db
PAGE = "/admin/chatbot/calibration/"


@pytest.fixture
def staff(client: Client) -> Client:
    forget_recent()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_without_decisions_it_says_what_will_be_here(staff: Client) -> None:
    page = staff.get(PAGE).content.decode()
    assert "Nobody has decided about a draft yet." in page
    assert "No draft was decided by the confidence in this time." in page
    assert "The weights that come with Handrail count now." in page


def test_decisions_are_drawn_and_counted_at_every_threshold(staff: Client) -> None:
    decided(60)
    page = staff.get(PAGE).content.decode()
    assert "Of 60 decided drafts" in page
    assert page.count("<circle") >= 1
    assert "share of the right ones sent" in page


def test_another_threshold_counts_the_last_month_anew(staff: Client) -> None:
    decided(10)
    Turn.objects.update(confidence=0.6, threshold=0.85, reasons=["low_confidence"])
    page = staff.get(PAGE, {"at": "0.5"}).content.decode()
    assert "Of 10 drafts that only the confidence decided, 0 were sent at once." in page
    assert "Sent instead of held: 10." in page
    for nonsense in ("x", "7", "-1", "nan"):
        assert staff.get(PAGE, {"at": nonsense}).status_code == 200


def test_a_version_is_fitted_and_left_again_with_two_clicks(staff: Client) -> None:
    decided(150)
    assert "counts from now on" in staff.post(f"{PAGE}fit/", follow=True).content.decode()
    forget_recent()
    row = Calibration.objects.get()
    assert active_weights().name == str(row.pk)
    staff.post(f"{PAGE}choose/", {"version": "0"})
    forget_recent()
    assert active_weights().name == SHIPPED


def test_too_few_decisions_are_said_so(staff: Client) -> None:
    decided(5)
    assert "There are not enough decisions yet" in staff.post(f"{PAGE}fit/", follow=True).content.decode()
    assert not Calibration.objects.exists()


def test_who_may_only_look_changes_nothing(client: Client) -> None:
    decided(150)
    looker = User.objects.create_user("lea", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_calibration"))
    client.force_login(looker)
    assert "Fit a new version" not in client.get(PAGE).content.decode()
    client.post(f"{PAGE}fit/")
    assert not Calibration.objects.exists()
    assert client.get(f"{PAGE}fit/").status_code == 405
