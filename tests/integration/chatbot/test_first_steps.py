"""The checklist of a new installation: each line is looked up; it goes away when all that is needed is there."""

import pytest
from django.test import Client

from chatbot.first_steps import first_steps
from chatbot.models import InboundEvent, SamplingRule, StandardMessage, Steering
from chatbot.reviewing import approve
from chatbot.steering import forget_recent
from sessions_app.models import ReviewItem
from tests.integration.chatbot.desk_world import client_of, person
from tests.integration.chatbot.world import World

pytestmark = pytest.mark.django_db

HEADING = "What to do first"


def done() -> dict[str, bool]:
    return {step.label: step.is_done for step in first_steps()}


def home(client: Client) -> str:
    return client.get("/admin/").content.decode()


def test_a_bare_installation_is_told_everything_with_a_way_to_it(settings: object) -> None:
    settings.MODEL_URL = ""  # type: ignore[attr-defined]  # Django's settings
    assert not done()["Connect Intercom"]
    assert not done()["Publish the first article"]
    lead = client_of(person("lead", role="lead"))
    page = home(lead)
    assert HEADING in page
    boss = person("boss")
    boss.is_superuser = True
    boss.save()
    for step in first_steps():
        assert step.link in page
        assert client_of(boss).get(step.link, follow=True).status_code == 200, step


def test_whoever_cannot_set_it_up_is_not_bothered() -> None:
    assert HEADING not in home(client_of(person("agent", role="agent")))


def test_each_line_is_done_when_it_is_really_there_and_then_the_list_is_gone(world: World) -> None:
    """The world has a workspace, an indexed article and messages; nobody has written to it or worked in it yet."""
    before = done()
    assert before["Connect Intercom"]
    assert before["Publish the first article"]
    assert before["Say it in your customers' language"]
    assert not before["Invite people who decide"]
    assert not before["Let Intercom tell us of messages"]
    InboundEvent.objects.create(app_id="w", topic="ping", payload="{}", status="processed")
    reviewer, _other = person("mia", role="reviewer"), person("jun", role="lead")
    assert done()["Invite people who decide"]
    assert not done()["Decide about the first draft"]
    assert not done()["Have a share of answers checked"]
    SamplingRule.objects.create(name="All", percent=5.0)
    assert done()["Have a share of answers checked"]
    world.threshold(1.0)
    world.work(world.asked())
    approve(ReviewItem.objects.get().pk, user=reviewer, answer="Within 30 days.")
    assert first_steps() == []


def test_messages_in_another_language_than_the_customers_are_not_enough(world: World) -> None:
    StandardMessage.objects.exclude(language="en").delete()
    Steering.objects.update(default_language="de")
    forget_recent()
    assert not done()["Say it in your customers' language"]
