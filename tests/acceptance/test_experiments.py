"""An experiment as people run it: started in the admin, met by customers through webhooks, read, stopped."""

import re
import time
import uuid
from collections.abc import Iterator

import pytest

from chatbot.recent import FRESH_SECONDS
from config.supervisor import System
from tests.acceptance.articles import PASSWORD
from tests.acceptance.sandbox_workspace import Workspace
from tests.acceptance.staff_browser import Staff
from tests.acceptance.waiting import eventually

LIST = "/admin/chatbot/experiment/"


@pytest.fixture
def staff(system: System) -> Iterator[Staff]:
    opened = Staff(system)
    yield opened
    opened.close()


@pytest.fixture
def holdout(staff: Staff) -> Iterator[int]:
    """Running in every process; over afterwards, so that other tests meet the bot."""
    name = f"Without the bot {uuid.uuid4().hex}"
    staff.send(f"{LIST}add/", name=name, lever="holdout", share="50", goal="csat", customers="400")
    found = re.search(rf"{LIST}(\d+)/change/[^>]*>{name}<", staff.page(LIST))
    assert found, "the experiment stands in the list"
    number = int(found.group(1))
    page = f"{LIST}{number}/change/"
    staff.send_late(f"{LIST}{number}/start/", staff.open_form(page))
    time.sleep(FRESH_SECONDS)
    yield number
    if "Stop the experiment" in staff.page(page):
        staff.send_late(f"{LIST}{number}/stop/", staff.open_form(page), conclusion="The test is over.")
        time.sleep(FRESH_SECONDS)


def treated(workspace: Workspace, email: str) -> str:
    """ "bot" or "people": who met this customer's new conversation."""
    conversation = workspace.ask(PASSWORD.question, email=email)

    def met() -> str:
        if workspace.said_by("bot", conversation):
            return "bot"
        return "people" if workspace.said_by("note", conversation) else ""

    return eventually(met, f"somebody takes care of conversation {conversation}")


def test_half_of_the_customers_meet_people_only_always_the_same_and_nobody_once_it_is_stopped(
    staff: Staff, holdout: int, workspace: Workspace
) -> None:
    customers: dict[str, str] = {}

    def both_are_met() -> bool:
        email = f"{uuid.uuid4().hex}@example.com"
        customers[email] = treated(workspace, email)
        return set(customers.values()) == {"bot", "people"}

    eventually(both_are_met, "both arms", seconds=60)
    assert {email: treated(workspace, email) for email in customers} == customers
    page = f"{LIST}{holdout}/change/"
    assert "Too early to say" in staff.page(page)
    staff.send_late(f"{LIST}{holdout}/stop/", staff.open_form(page), conclusion="We know enough.")
    time.sleep(FRESH_SECONDS)
    assert {treated(workspace, email) for email in customers} == {"bot"}
    told = staff.page(page)
    assert "We know enough." in told
    assert "Stop the experiment" not in told
