"""A draft on the desk, from the question until the customer reads the answer."""

import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.sample_shelf import UNANSWERABLE
from tests.browser.windows import Messenger, Windows

pytestmark = pytest.mark.browser

#: More presses of Tab than this to reach a control, and nobody would call the page usable with a keyboard.
FEW_TABS = 60


def _ask_what_nobody_knows(windows: Windows) -> tuple[Messenger, str]:
    """A customer's window with the holding message, and a mark by which the desk shows this question."""
    mark = uuid.uuid4().hex[:8]
    messenger = windows.messenger()
    messenger.panel().write(f"{UNANSWERABLE}, {mark}")
    expect(messenger.panel().bot).to_contain_text("I would like a colleague to check my answer first")
    return messenger, mark


def _tab_to(page: Page, control: Locator) -> None:
    for _ in range(FEW_TABS):
        if control.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached with {FEW_TABS} presses of Tab: {control}")


def test_a_held_question_appears_on_the_open_desk_and_its_edited_answer_in_the_messenger(windows: Windows) -> None:
    desk = windows.staff()
    desk.evaluate("window.neverReloaded = true")
    messenger, mark = _ask_what_nobody_knows(windows)
    row = desk.locator("#queue a.card", has_text=mark)
    expect(row).to_be_visible()
    assert desk.evaluate("window.neverReloaded"), "the desk was loaded anew"

    row.click()
    expect(desk.locator(".part.customer")).to_contain_text(mark)
    desk.locator("#answer").fill("Nobody: it was **rained off**.")
    desk.locator("button[value=approve]").click()
    desk.wait_for_url("**/desk/")
    expect(desk.locator("#queue a.card", has_text=mark)).to_have_count(0)
    expect(messenger.panel().bot).to_have_count(2)
    expect(messenger.panel().bot.last).to_contain_text("Nobody: it was rained off.")
    expect(messenger.panel().bot.last.locator(".text b")).to_have_text("rained off")


def test_the_desk_is_worked_with_the_keyboard_alone(windows: Windows) -> None:
    messenger, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    row = desk.locator("#queue a.card", has_text=mark)
    expect(row).to_be_visible()
    _tab_to(desk, row)
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/desk/drafts/*/")
    _tab_to(desk, desk.locator("#answer"))
    desk.keyboard.press("Control+A")
    desk.keyboard.type("We do not follow the games, sorry.")
    _tab_to(desk, desk.locator("button[value=approve]"))
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/desk/")
    expect(messenger.panel().bot.last).to_contain_text("We do not follow the games, sorry.")


def test_an_empty_answer_is_not_sent_and_the_page_says_so(windows: Windows) -> None:
    _, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    desk.locator("#queue a.card", has_text=mark).click()
    desk.locator("#answer").fill("   ")
    desk.locator("button[value=approve]").click()
    expect(desk.locator(".problem")).to_be_visible()
    refusals = [trouble for trouble in windows.troubles if "422" in trouble]
    assert refusals, "the page is answered with 422"
    windows.troubles = [trouble for trouble in windows.troubles if trouble not in refusals]
