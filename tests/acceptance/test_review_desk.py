"""A held draft, a member of staff, and what the customer then reads."""

import re
from collections.abc import Iterator

import httpx2
import pytest

from config.supervisor import System
from tests.acceptance.articles import KETTLE, UNANSWERABLE
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.staff_browser import Staff
from tests.acceptance.waiting import eventually


@pytest.fixture
def staff(system: System) -> Iterator[Staff]:
    member = Staff(system)
    yield member
    member.close()


def _held_draft(workspace: Workspace, staff: Staff) -> tuple[str, str]:
    """A conversation with a waiting draft, and the draft's address."""
    before = set(_drafts(staff))
    conversation = workspace.ask(UNANSWERABLE)
    workspace.bot_says(conversation)
    new = eventually(lambda: [path for path in _drafts(staff) if path not in before], "the draft is on the desk")
    return conversation, new[-1]


def _drafts(staff: Staff) -> list[str]:
    return re.findall(r'href="(/desk/drafts/\d+/)"', staff.page("/desk/"))


def test_an_approved_draft_is_sent_to_the_customer(workspace: Workspace, staff: Staff) -> None:
    conversation, draft = _held_draft(workspace, staff)
    staff.send(draft, decision="approve", answer="No, he only sells **scarves**.")
    _, answer = workspace.bot_says(conversation, count=2)
    assert answer.body == "No, he only sells scarves."
    assert draft not in _drafts(staff)


def test_a_draft_is_decided_once(workspace: Workspace, staff: Staff) -> None:
    conversation, draft = _held_draft(workspace, staff)
    second_window = staff.open_form(draft)
    staff.send(draft, decision="approve", answer="No.")
    assert staff.send_late(draft, second_window, decision="approve", answer="Yes.").status_code == 200
    workspace.bot_says(conversation, count=2)
    workspace.bot_says(workspace.ask(KETTLE.question))
    assert [part.body for part in workspace.said_by("bot", conversation)][1:] == ["No."]


def test_after_a_rejected_draft_people_keep_the_conversation(workspace: Workspace, staff: Staff) -> None:
    conversation, draft = _held_draft(workspace, staff)
    staff.send(draft, decision="reject", answer="", note="Nobody knows this.")
    workspace.write(conversation, KETTLE.question)
    workspace.bot_says(workspace.ask(KETTLE.question))
    assert len(workspace.said_by("bot", conversation)) == 1


def test_a_stranger_sees_no_drafts(system: System) -> None:
    answer = httpx2.get(f"{system.url}/desk/")
    assert answer.status_code == 302
    assert "/admin/login/" in answer.headers["location"]
