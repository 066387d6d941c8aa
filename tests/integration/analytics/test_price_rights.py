"""Who may see and state what things cost, by the roles a new installation begins with; and what was stated before."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from analytics.models import CostBasis, ModelPrice, RoleRate

pytestmark = pytest.mark.django_db
BUSINESS, COSTS = "/analytics/business/", "/analytics/costs/"


def signed_in(role: str) -> Client:
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def price() -> ModelPrice:
    CostBasis.objects.create(pk=1)
    RoleRate.objects.create(hourly=Decimal(30), valid_from=date(2026, 1, 1))
    return ModelPrice.objects.create(price_read=Decimal(1), price_written=Decimal(2), valid_from=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [("lead", True, False), ("auditor", True, False), ("operator", True, True), ("agent", False, False)],
)
def test_roles_see_and_state_what_things_cost(role: str, sees: bool, changes: bool, price: ModelPrice) -> None:
    client = signed_in(role)
    rate = RoleRate.objects.get()
    for address in (BUSINESS, COSTS, "/analytics/costs/what-if/", "/analytics/report/"):
        assert client.get(address).status_code == (200 if sees else 403), address
    for model, row in (("modelprice", price), ("rolerate", rate), ("costbasis", CostBasis.objects.get())):
        address = f"/admin/analytics/{model}/{row.pk}/change/"
        page = client.get(address)
        assert page.status_code == (200 if sees else 403), address
        assert (b'name="_save"' in page.content) is changes
        if not changes:
            assert client.post(address, {"currency": "USD", "hourly": 1}).status_code == 403
            assert client.post(f"/admin/analytics/{model}/add/", {"hourly": 1}).status_code == 403
            assert client.post(f"/admin/analytics/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert RoleRate.objects.get().hourly == 30


def test_what_a_price_was_and_who_changed_it_is_kept(price: ModelPrice) -> None:
    client = signed_in("operator")
    told = {
        "kind": "tokens", "pool": "", "model": "", "per": 1_000_000, "gpus": 1, "price_hour": "",
        "price_read": "3", "price_written": "4", "valid_from": "2026-01-01", "valid_until": "",
    }  # fmt: skip
    assert client.post(f"/admin/analytics/modelprice/{price.pk}/change/", told).status_code == 302
    newest, oldest = price.history.all()
    assert (oldest.price_read, newest.price_read) == (1, 3)
    assert newest.history_user.username == "operator"
    page = client.get(f"/admin/analytics/modelprice/{price.pk}/history/")
    assert page.status_code == 200
    assert "operator" in page.content.decode()
    assert client.post(f"/admin/analytics/modelprice/{price.pk}/delete/", {"post": "yes"}).status_code == 302
    assert ModelPrice.history.filter(history_type="-").get().price_read == 3
    auditor = signed_in("auditor")
    rate = RoleRate.objects.get()
    assert auditor.get(f"/admin/analytics/rolerate/{rate.pk}/history/").status_code == 200
