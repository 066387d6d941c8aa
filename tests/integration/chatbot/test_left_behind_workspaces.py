"""An installation that changes from the sandbox to a real workspace keeps both rows, and mixes nothing."""

from chatbot.models import Workspace
from chatbot.reconcile import reconcile_all
from chatbot.workspaces import active_workspaces
from sessions_app.models import Conversation
from tests.integration.chatbot.world import World


def test_a_row_that_our_token_does_not_open_is_not_filled_with_this_workspaces_conversations(world: World) -> None:
    Workspace.objects.create(app_id="left-behind", bot_admin_id="5")
    asked = world.sandbox.ask(email="once@example.com")
    reconcile_all()
    assert list(Conversation.objects.values_list("workspace", "external_id")) == [(world.workspace.app_id, asked)]


def test_the_workspace_of_our_token_connects_itself_beside_one_that_was_left_behind(world: World) -> None:
    Workspace.objects.all().delete()
    Workspace.objects.create(app_id="left-behind", bot_admin_id="5")
    assert [workspace.app_id for workspace in active_workspaces()] == [world.workspace.app_id]
