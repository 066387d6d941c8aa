"""Search from any page of the admin: what the person may see, and a few of each kind."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

from sessions_app.models import Conversation, Customer, Macro, ReviewQueue
from tests.integration.chatbot.desk_world import client_of, person

pytestmark = pytest.mark.django_db


def found(role: str, term: str) -> str:
    cache.clear()
    somebody = User.objects.filter(username=role).first() or person(role, role=role)
    response = client_of(somebody).get("/admin/search/", {"extended": "", "s": term})
    assert response.status_code == 200
    return response.content.decode()


def test_conversations_queues_and_macros_are_found_by_who_may_see_them() -> None:
    customer = Customer.objects.create(workspace="w", external_id="c", name="Zebulon Quirk")
    conversation = Conversation.objects.create(workspace="w", external_id="4711", customer=customer)
    ReviewQueue.objects.create(name="Zebulon's returns", position=3)
    Macro.objects.create(name="Zebulon's thanks", text="Thank you.")
    page = found("lead", "zebulon")
    assert f"/admin/sessions_app/conversation/{conversation.pk}/change/" in page
    assert "Zebulon&#x27;s returns" in page and "Zebulon&#x27;s thanks" in page
    page = found("agent", "zebulon")
    assert f"/admin/sessions_app/conversation/{conversation.pk}/change/" in page
    assert "returns" not in page


def test_a_few_of_each_kind_are_shown_and_odd_terms_find_nothing() -> None:
    for number in range(9):
        Macro.objects.create(name=f"Plover {number}", text="Words.")
    assert found("lead", "plover").count("/admin/sessions_app/macro/") == 6
    for term in ("\x00", "';--", "x" * 2000):
        assert "/admin/sessions_app/macro/" not in found("lead", term)


@pytest.mark.parametrize(
    ("address", "scripts"),
    [
        ("/admin/", "'self' 'unsafe-eval'"),  # Unfold's Alpine evaluates what its attributes say
        ("/analytics/business/", "'self' 'unsafe-eval'"),
        ("/api/docs/", "'self'"),
        ("/api/v1/review-queues/", "'self'"),
        ("/nowhere/", "'self'"),
    ],
)
def test_pages_load_nothing_from_elsewhere_and_run_no_script_that_stands_in_them(address: str, scripts: str) -> None:
    response = client_of(person("lead", role="lead")).get(address)
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == scripts
    assert (policy["default-src"], policy["object-src"]) == ("'self'", "'none'")
    assert "http" not in " ".join(policy.values())
    page = response.content.decode()
    assert "//cdn" not in page
    assert not [
        one for one in re.findall(r"<script[^>]*>", page) if "src=" not in one and "application/json" not in one
    ]
    assert not re.search(r"<[^>]+\son[a-z]+=", page), "a handler that stands in the page would not run"


def test_a_language_once_chosen_stays_chosen() -> None:
    agent = client_of(person("agent", role="agent"))
    chosen = agent.post("/i18n/setlang/", {"language": "zh-hans", "next": "/desk/"})
    assert chosen.cookies["django_language"]["max-age"] == 365 * 24 * 3600
    assert 'lang="zh-hans"' in agent.get("/desk/").content.decode()
