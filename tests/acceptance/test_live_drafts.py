"""A draft on somebody's screen while a real worker writes it: real WebSockets, Redis, a real stream, and a kill."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from config.supervisor import System
from tests.acceptance.running_system import running_system
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.staff_browser import Staff

pytestmark = pytest.mark.faults

QUESTION = "How do I polish the walrus cabinet?"
#: Long sentences, so that the stand-in's answer takes some seconds to write.
_SENTENCES = [
    f"To polish the walrus cabinet, {step} and polish the walrus cabinet in slow circles until {sign}; whoever "
    "polishes the walrus cabinet in a hurry has to do it twice, because the grain takes the wax only while it is warm, "
    "and a cold walrus cabinet sheds all that was put on it within a day."
    for step, sign in (
        ("warm a spoon of beeswax", "the doors shine"),
        ("take a linen cloth", "the drawers slide"),
        ("open a window", "the brass glows"),
    )
]
WAIT_SECONDS = 60.0


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("live")
    slow = {"SANDBOX_MODEL_TOKENS_PER_SECOND": "120", "ANSWER_CACHE": "false"}
    with running_system(folder, durable=False, with_model=True, threshold=0.0, **slow) as running:
        articles = Path(folder / "articles.jsonl")
        article = {"id": "walrus", "title": "Polish the walrus cabinet", "body": " ".join(_SENTENCES)}
        articles.write_text(json.dumps(article), encoding="utf-8")
        running.manage("import_articles", str(articles))
        yield running


@pytest.fixture
def workspace(system: System) -> Iterator[Workspace]:
    opened = Workspace(system.sandbox_url)
    opened.clear_faults()
    yield opened
    opened.clear_faults()
    opened.close_connections()


@pytest.fixture
def staff(system: System) -> Iterator[Staff]:
    member = Staff(system)
    yield member
    member.close()


class Screen:
    """What a watcher shows: the events, and the text as `docs/reference/live-drafts.md` says to put it together."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.events: list[dict[str, Any]] = []
        self.text = ""

    def next(self, kind: str) -> dict[str, Any]:
        """The next event of this type; those before it are shown, too."""
        while True:
            event = json.loads(self._socket.recv(timeout=WAIT_SECONDS))
            self.events.append(event)
            if event["type"] == "draft.piece":
                assert event["at"] in (0, len(self.text))
                self.text = self.text[: event["at"]] + event["text"]
            elif event["type"] == "draft.withdrawn":
                self.text = ""
            if event["type"] == kind:
                return event

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


def asked(workspace: Workspace, staff: Staff) -> tuple[str, int]:
    """A conversation whose first question is answered, and its number here; the worker knows the model by then."""
    conversation = workspace.ask(QUESTION)
    workspace.bot_says(conversation)
    listed = staff.page(f"/admin/sessions_app/conversation/?q={conversation}")
    found = re.search(r"/admin/sessions_app/conversation/(\d+)/change/", listed)
    assert found
    return conversation, int(found.group(1))


def watching(system: System, number: int, cookies: str) -> ClientConnection:
    address = f"{system.url.replace('http', 'ws', 1)}/ws/drafts/{number}/"
    return connect(address, additional_headers={"Cookie": cookies}, origin=system.url)


def test_a_draft_is_seen_while_it_is_written_also_by_who_comes_late_and_its_end_is_told(
    system: System, workspace: Workspace, staff: Staff
) -> None:
    conversation, number = asked(workspace, staff)
    with watching(system, number, staff.cookies()) as socket:
        screen = Screen(socket)
        workspace.write(conversation, QUESTION)
        screen.next("draft.piece")
        with watching(system, number, staff.cookies()) as second:
            late = Screen(second)
            first = late.next("draft.piece")
            assert first["at"] == 0
            late.next("draft.done")
        done = screen.next("draft.done")
    assert screen.types().count("draft.piece") > 2
    assert late.text == screen.text
    assert screen.text.startswith("To polish the walrus cabinet")
    assert (done["conversation"], done["outcome"], done["draft"]) == (number, "answered", None)
    _, answer = workspace.bot_says(conversation, count=2)
    assert screen.text[:80] in answer.body


def test_a_stream_that_is_cut_is_taken_back_and_the_quotation_announced(
    system: System, workspace: Workspace, staff: Staff
) -> None:
    conversation, number = asked(workspace, staff)
    with watching(system, number, staff.cookies()) as socket:
        screen = Screen(socket)
        workspace.set_faults(model={"mode": "cut", "times": 3})
        workspace.write(conversation, QUESTION)
        assert screen.next("draft.withdrawn")["because"] == "failed"
        assert "draft.piece" in screen.types()
        screen.next("draft.done")
    workspace.bot_says(conversation, count=2)


def test_strangers_are_refused_at_the_door(system: System) -> None:
    with pytest.raises(InvalidStatus) as refused:
        watching(system, 1, "sessionid=none").close()
    assert refused.value.response.status_code == 403


def test_a_worker_killed_while_it_writes_leaves_no_half_draft(
    system: System, workspace: Workspace, staff: Staff
) -> None:
    conversation, number = asked(workspace, staff)
    with watching(system, number, staff.cookies()) as socket:
        screen = Screen(socket)
        workspace.write(conversation, QUESTION)
        screen.next("draft.piece")
        system.kill("worker")
        done = screen.next("draft.done")
    assert done["outcome"] == "answered"
    # Another worker began anew, or what was shown was taken back.
    kinds = screen.events[1:]
    assert all(event["at"] == 0 or event["turn"] == done["turn"] for event in kinds if event["type"] == "draft.piece")
    workspace.bot_says(conversation, count=2)
    assert len(workspace.said_by("bot", conversation)) == 2
