"""Teams are chosen by name: read from Intercom, kept when it is away, and typed where nothing is known."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from chatbot.models import Team, TriggerRule
from chatbot.teams import refresh_all_teams, refresh_teams
from tests.integration.chatbot.world import World


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    return client


def names() -> dict[str, str]:
    return dict(Team.objects.values_list("external_id", "name"))


def test_the_page_of_a_workspace_reads_its_teams_and_a_rule_chooses_from_them(world: World, staff: Client) -> None:
    add = reverse("admin:chatbot_triggerrule_add")
    assert _field(staff.get(add).content.decode()).startswith("<input")
    TriggerRule.objects.create(name="old", route="hand_off", team_id="999")
    answer = staff.get(reverse("admin:chatbot_workspace_read_teams", args=[world.workspace.pk]), follow=True)
    assert f"{len(names())} teams can be chosen" in answer.content.decode()
    page = staff.get(add).content.decode()
    assert _field(page).startswith("<select")
    for number, name in names().items():
        assert f'<option value="{number}">{name} ({number})</option>' in page
    assert "999 (no team of Intercom any more)" in page


def test_teams_that_are_gone_are_forgotten_and_stay_while_intercom_is_away(world: World) -> None:
    Team.objects.create(workspace=world.workspace, external_id="1", name="gone")
    refresh_teams(world.workspace)
    known = names()
    assert known
    assert "1" not in known
    world.sandbox.faults(rest={"status": 500})
    try:
        refresh_all_teams()
    finally:
        world.sandbox.http.delete("/faults")
    assert names() == known


def _field(page: str) -> str:
    """The tag of the field that holds the team."""
    place = page.index('name="team_id"')
    return page[page.rindex("<", 0, place) : page.index(">", place)]
