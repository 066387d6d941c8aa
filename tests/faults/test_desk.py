"""A colleague at the desk while programs are killed under their hands: an answer leaves once, and pages catch up."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from config.supervisor import System
from tests.acceptance.articles import UNANSWERABLE
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.staff_browser import Staff
from tests.acceptance.waiting import eventually
from tests.faults.conftest import kill
from tests.faults.promises import assert_promises_kept

pytestmark = pytest.mark.faults

ANSWER = "Nobody sells those, and nobody ever will."
WAIT_SECONDS = 60.0


@pytest.fixture
def staff(system: System, workspace: Workspace) -> Iterator[Staff]:
    member = Staff(system)
    yield member
    member.close()


def _drafts(staff: Staff, conversation: str) -> set[int]:
    """What the desk lists of one conversation."""
    listed = staff.page(f"/desk/items/?search={conversation}")
    return {int(found) for found in re.findall(r'href="/desk/drafts/(\d+)/"', listed)}


def _held(workspace: Workspace, staff: Staff) -> tuple[str, int]:
    """A conversation with its holding message, and the number of its draft."""
    conversation = workspace.ask(UNANSWERABLE)
    workspace.bot_says(conversation)
    [item] = eventually(lambda: _drafts(staff, conversation), "the draft is on the desk")
    return conversation, item


def _approve(staff: Staff, item: int) -> httpx2.Response:
    """As the page does it: the answer leaves after the seconds in which it can be taken back."""
    return staff.send_late(f"/desk/items/{item}/approve/", staff.open_form("/desk/"), answer=ANSWER)


def _said(workspace: Workspace, conversation: str) -> list[str]:
    return [part.body for part in workspace.said_by("bot", conversation)][1:]


def test_worker_killed_between_approval_and_delivery(system: System, workspace: Workspace, staff: Staff) -> None:
    conversation, item = _held(workspace, staff)
    assert _approve(staff, item).status_code == 200
    kill(system, "worker")
    assert _said(workspace, conversation) == []
    workspace.bot_says(conversation, count=2)
    assert_promises_kept(system, workspace, [conversation], answers=2)
    assert _said(workspace, conversation) == [ANSWER]


def test_worker_killed_while_an_approved_answer_is_on_its_way(
    system: System, workspace: Workspace, staff: Staff
) -> None:
    """Intercom carries it out after the worker's death: whoever comes next must look before sending again."""
    conversation, item = _held(workspace, staff)
    workspace.set_faults(rest={"delay": 8.0, "times": 1, "path": "/reply"})
    assert _approve(staff, item).status_code == 200
    eventually(lambda: workspace.strikes("rest"), "the answer is on its way")
    kill(system, "worker")
    assert_promises_kept(system, workspace, [conversation], answers=2)
    assert _said(workspace, conversation) == [ANSWER]


def test_everything_killed_right_after_an_approval(system: System, workspace: Workspace, staff: Staff) -> None:
    """Nothing but the row in PostgreSQL knows of the answer."""
    conversation, item = _held(workspace, staff)
    assert _approve(staff, item).status_code == 200
    for program in ("web", "worker", "beat"):
        system.kill(program)
    system.redis.kill()
    system.wait_ready()
    workspace.bot_says(conversation, count=2)
    assert_promises_kept(system, workspace, [conversation], answers=2)
    assert _said(workspace, conversation) == [ANSWER]


def test_web_killed_while_it_approves_and_the_colleague_tries_again(
    system: System, workspace: Workspace, staff: Staff
) -> None:
    """Whether the first try was stored nobody can tell; the second is either the answer, or hears that it was given."""
    conversation, item = _held(workspace, staff)
    token = staff.open_form("/desk/")
    system.redis.stop()  # so that approving takes long enough to be killed in
    try:
        system.kill("web")
        staff.send_late(f"/desk/items/{item}/approve/", token, answer=ANSWER)
    except httpx2.HTTPError:
        pass
    system.redis.start()
    system.wait_ready()
    assert _approve(staff, item).status_code in (200, 409)
    workspace.bot_says(conversation, count=2)
    assert_promises_kept(system, workspace, [conversation], answers=2)
    assert _said(workspace, conversation) == [ANSWER]


class Page:
    """What an open desk does: it listens, comes back when it is cut off, and reads anew when it is told to."""

    def __init__(self, system: System, staff: Staff) -> None:
        self._system, self._staff = system, staff
        self._open = ExitStack()
        self._socket = self._listen()

    def _listen(self) -> ClientConnection:
        address = f"{self._system.url.replace('http', 'ws', 1)}/ws/desk/"
        return self._open.enter_context(
            connect(address, additional_headers={"Cookie": self._staff.cookies()}, origin=self._system.url)
        )

    def follow(self, conversation: str, *, until: int) -> list[str]:
        """The kinds of news until `until` items of `conversation` are shown; what was not told is not shown."""
        kinds: list[str] = []
        shown: set[int] | None = None
        deadline = time.monotonic() + WAIT_SECONDS
        while shown is None or len(shown) != until:
            assert time.monotonic() < deadline, f"the page never learned of it: {kinds}"
            try:
                told = json.loads(self._socket.recv(timeout=1.0))
            except TimeoutError:
                continue
            except ConnectionClosed:
                self._system.wait_ready()
                self._socket = self._listen()
                told = {"type": "again"}
            kinds.append(told["type"])
            if told["type"] == "again":
                shown = _drafts(self._staff, conversation)
            elif told["type"] == "item" and told["row"]["status"] == "waiting":
                shown = _drafts(self._staff, conversation) & {told["row"]["id"]}
        return kinds

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def page(system: System, staff: Staff) -> Iterator[Page]:
    opened = Page(system, staff)
    yield opened
    opened.close()


def test_what_was_decided_while_redis_was_away_is_caught_up_with(
    system: System, workspace: Workspace, staff: Staff, page: Page
) -> None:
    conversation, item = _held(workspace, staff)
    page.follow(conversation, until=1)
    system.redis.stop()
    assert _approve(staff, item).status_code == 200
    system.redis.start()
    assert "again" in page.follow(conversation, until=0)
    workspace.bot_says(conversation, count=2)
    assert_promises_kept(system, workspace, [conversation], answers=2)


def test_a_page_whose_server_was_killed_comes_back_to_what_waits_now(
    system: System, workspace: Workspace, page: Page
) -> None:
    system.kill("web")
    conversation = workspace.ask(UNANSWERABLE)
    workspace.bot_says(conversation)
    assert "again" in page.follow(conversation, until=1)
    assert_promises_kept(system, workspace, [conversation])
