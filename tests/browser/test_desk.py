"""The desk in a real browser: from the question until the customer reads the answer, and all that may come between."""

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from config.supervisor import System
from tests.browser.sample_shelf import DESCALE, UNANSWERABLE
from tests.browser.windows import Messenger, Windows

#: The first test waits for the whole system to start.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

#: More presses of Tab than this to reach a control, and nobody would call the page usable with a keyboard.
FEW_TABS = 60
#: What axe looks at.
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def _ask_what_nobody_knows(windows: Windows) -> tuple[Messenger, str]:
    """A customer's window with the holding message, and a mark by which the desk shows this question."""
    mark = uuid.uuid4().hex[:8]
    messenger = windows.messenger()
    messenger.panel().write(f"{UNANSWERABLE}, {mark}")
    expect(messenger.panel().bot).to_contain_text("I would like a colleague to check my answer first")
    return messenger, mark


def _row(desk: Page, mark: str) -> Locator:
    return desk.locator("#queue a.card", has_text=mark)


def _open(desk: Page, mark: str) -> None:
    _row(desk, mark).click()
    expect(desk.locator("#thread")).to_contain_text(mark)
    expect(desk.locator("#link")).to_have_class("link live")


def _tab_to(page: Page, control: Locator) -> None:
    for _ in range(FEW_TABS):
        if control.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached with {FEW_TABS} presses of Tab: {control}")


def _slow_line(page: Page) -> None:
    """Pages come late, undoing later: an answer can be typed again before the one that was sent is taken back."""
    page.evaluate(
        """() => {
            const send = window.fetch;
            const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
            window.fetch = async (address, ...more) => {
                if (String(address).endsWith("/undo/")) await wait(1000);
                else if (/items\\/\\d+\\/$/.test(String(address))) await wait(500);
                return send(address, ...more);
            };
        }"""
    )


def _forgive(windows: Windows, *statuses: str) -> None:
    """Refusals that the test is about are no troubles."""
    windows.troubles = [one for one in windows.troubles if not any(status in one for status in statuses)]


def test_a_held_question_appears_on_the_open_desk_and_its_edited_answer_in_the_messenger(windows: Windows) -> None:
    desk = windows.staff()
    desk.evaluate("window.neverReloaded = true")
    messenger, mark = _ask_what_nobody_knows(windows)
    expect(_row(desk, mark)).to_be_visible()
    _open(desk, mark)
    desk.locator("#answer").fill("Nobody: it was **rained off**.")
    desk.locator("button[value=approve]").click()
    expect(_row(desk, mark)).to_have_count(0)
    assert desk.evaluate("window.neverReloaded"), "the desk was loaded anew"
    expect(messenger.panel().bot).to_have_count(2, timeout=20_000)
    expect(messenger.panel().bot.last).to_contain_text("Nobody: it was rained off.")
    expect(messenger.panel().bot.last.locator(".text b")).to_have_text("rained off")


def test_the_desk_is_worked_with_the_keyboard_alone(windows: Windows) -> None:
    messenger, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    expect(desk.locator("#link")).to_have_class("link live")
    expect(_row(desk, mark)).to_be_visible()
    desk.keyboard.press("?")
    expect(desk.locator("#dialog-help")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("/")
    desk.keyboard.type(mark)
    expect(desk.locator("#queue a.card")).to_have_count(1)
    desk.keyboard.press("Escape")
    desk.keyboard.press("j")
    desk.evaluate("window.desk.refresh()")
    expect(_row(desk, mark)).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#thread")).to_contain_text(mark)
    desk.keyboard.press("e")
    expect(desk.locator("#answer")).to_be_focused()
    desk.keyboard.type("We do not follow the games, sorry.")
    desk.keyboard.press("Control+Enter")
    expect(messenger.panel().bot.last).to_contain_text("We do not follow the games, sorry.", timeout=20_000)


def test_every_control_of_the_answer_is_reached_with_tab(windows: Windows) -> None:
    _, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    _open(desk, mark)
    _tab_to(desk, desk.locator("#answer"))
    _tab_to(desk, desk.locator("button[value=approve]"))
    _tab_to(desk, desk.locator("button[data-dialog=note]"))


def test_an_empty_answer_is_not_sent_and_the_page_says_so(windows: Windows) -> None:
    _, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    _open(desk, mark)
    desk.locator("#answer").fill("   ")
    desk.locator("button[value=approve]").click()
    expect(desk.locator("#problem")).to_be_visible()
    assert [trouble for trouble in windows.troubles if "422" in trouble], "the page is answered with 422"
    _forgive(windows, "422")


def test_of_two_reviewers_who_race_one_wins_and_the_other_keeps_what_they_typed(windows: Windows) -> None:
    messenger, mark = _ask_what_nobody_knows(windows)
    first, second = windows.staff(), windows.colleague()
    for desk in (first, second):
        _open(desk, mark)
    first.locator("#answer").press_sequentially("The first answer.")
    expect(second.locator("#held")).to_contain_text("is working on this")
    expect(second.locator("#typing")).to_contain_text("is typing")
    second.locator("#answer").fill("The second answer.")
    second.locator("button[value=approve]").click()
    expect(second.locator("#toasts .bad")).to_be_visible()
    first.locator("button[value=approve]").click()
    expect(second.locator("#changed")).to_be_visible()
    expect(second.locator("#answer")).to_have_value("The second answer.")
    expect(messenger.panel().bot.last).to_contain_text("The first answer.", timeout=20_000)
    expect(messenger.panel().bot).to_have_count(2)
    _forgive(windows, "409")


def test_an_answer_is_taken_back_before_it_leaves_and_comes_back_as_it_was_typed(windows: Windows) -> None:
    messenger, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    _open(desk, mark)
    _other, other_mark = _ask_what_nobody_knows(windows)  # the page that follows
    expect(_row(desk, other_mark)).to_be_visible()
    _slow_line(desk)
    desk.locator("#answer").fill("Too fast.")
    desk.keyboard.press("Control+Enter")
    desk.locator("#toasts button").click()
    expect(desk.locator("#thread")).to_contain_text(mark)
    expect(desk.locator("#answer")).to_have_value("Too fast.")
    desk.locator("#answer").fill("Slowly now.")
    desk.keyboard.press("Control+Enter")
    expect(messenger.panel().bot.last).to_contain_text("Slowly now.", timeout=20_000)
    expect(messenger.panel().bot).to_have_count(2)


def test_what_was_typed_survives_a_reload_and_a_lost_connection(windows: Windows) -> None:
    _, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    _open(desk, mark)
    desk.locator("#answer").fill("Half a thou")
    desk.reload()
    expect(desk.locator("#answer")).to_have_value("Half a thou")
    desk.context.set_offline(True)
    desk.locator("#answer").fill("Half a thought.")
    desk.locator("button[value=approve]").click()
    expect(desk.locator("#problem")).to_contain_text("nothing you typed is lost")
    expect(desk.locator("#answer")).to_have_value("Half a thought.")
    desk.context.set_offline(False)
    expect(desk.locator("#link")).to_have_class("link live", timeout=20_000)
    _forgive(windows, "ERR_INTERNET_DISCONNECTED")


def test_a_session_that_ends_while_somebody_types_costs_a_reload_and_no_word(windows: Windows) -> None:
    _, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    _open(desk, mark)
    signed_in: Any = desk.context.cookies()
    desk.locator("#answer").fill("Half a thought.")
    desk.context.clear_cookies()
    desk.locator("button[value=approve]").click()
    expect(desk.locator("#problem")).to_contain_text("You are signed out")
    expect(desk.locator("#answer")).to_have_value("Half a thought.")
    desk.context.add_cookies(signed_in)
    desk.reload()
    expect(desk.locator("#answer")).to_have_value("Half a thought.")
    _forgive(windows, "403", "302")


def test_a_customer_who_writes_on_gets_a_new_draft_and_the_typed_text_stays(windows: Windows) -> None:
    messenger, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    _open(desk, mark)
    desk.locator("#answer").fill("My own words.")
    before = desk.url
    messenger.panel().write(f"and who lost it, {mark}?")
    expect(desk.locator("#changed")).to_contain_text("The customer wrote on", timeout=20_000)
    expect(desk.locator("#answer")).to_have_value("My own words.")
    assert desk.url != before
    expect(desk.locator("#thread .part.customer")).to_have_count(2)


def test_whoever_takes_over_silences_the_bot_and_gives_it_back(windows: Windows) -> None:
    messenger, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    _open(desk, mark)
    desk.keyboard.press("t")
    expect(desk.locator("[data-verb=give-back]")).to_be_visible()
    desk.locator("#answer").fill("I am a person.")
    desk.keyboard.press("Control+Enter")
    expect(messenger.panel().bot.last).to_contain_text("I am a person.", timeout=20_000)
    messenger.panel().write(f"a person, really? {mark}")
    expect(_row(desk, mark)).to_be_visible(timeout=20_000)
    _row(desk, mark).click()
    expect(desk.locator("#thread .part.colleague")).to_contain_text("I am a person.")
    desk.keyboard.press("b")
    expect(_row(desk, mark)).to_have_count(1)  # the bot has read it, and asks again
    expect(messenger.panel().bot.last).to_contain_text("colleague", timeout=20_000)


def test_a_conversation_without_review_is_watched_and_stepped_into(windows: Windows) -> None:
    messenger = windows.messenger()
    messenger.panel().write("How do I descale the Marea espresso machine?")
    expect(messenger.panel().bot).to_have_count(1)
    desk = windows.staff()
    desk.locator("#tab-watch").click()
    desk.locator("#queue[data-watch] a.card").first.click()
    expect(desk.locator("#thread .part.customer")).to_contain_text("descale")
    messenger.panel().write("thank you!")
    expect(desk.locator("#thread")).to_contain_text("thank you!")
    desk.locator("[data-step=take-over]").click()
    expect(desk.locator("#answer")).to_be_focused()


def test_a_cited_passage_opens_marked_in_its_article(windows: Windows) -> None:
    _, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff()
    _open(desk, mark)
    desk.locator("[data-passage]").first.click()
    expect(desk.locator("#dialog-passage mark")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("#dialog-passage")).to_be_hidden()


def test_nothing_on_the_desk_bars_people_with_disabilities(windows: Windows) -> None:
    from axe_playwright_python.sync_playwright import Axe

    _, mark = _ask_what_nobody_knows(windows)
    for scheme in ("light", "dark"):
        desk = windows.staff(color_scheme=scheme)
        found = Axe().run(desk, options=WCAG)
        assert found.violations_count == 0, found.generate_report()
        _open(desk, mark)
        found = Axe().run(desk, options=WCAG)
        assert found.violations_count == 0, found.generate_report()
        desk.keyboard.press("?")
        found = Axe().run(desk, options=WCAG)
        assert found.violations_count == 0, found.generate_report()


def test_the_desk_speaks_chinese_on_a_telephone(windows: Windows) -> None:
    _, mark = _ask_what_nobody_knows(windows)
    desk = windows.staff(locale="zh-CN", viewport={"width": 380, "height": 800})
    _row(desk, mark).click()
    expect(desk.locator("#draft")).to_be_visible()
    expect(desk.locator("#list")).to_be_hidden()
    expect(desk.locator("button[value=approve]")).to_contain_text(re.compile("发送"))
    assert desk.evaluate("document.documentElement.scrollWidth") <= 380
    desk.locator("[data-back]").click()
    expect(desk.locator("#list")).to_be_visible()


# With a model; these come last, for the others are about a bot without one ------------------------------------------


@pytest.fixture(scope="module")
def model(system: System) -> Iterator[None]:
    """The stand-in writes and translates, for as long as a test needs it."""
    system.manage("shell", "--no-imports", "-c", _ADD_MODEL.format(url=f"{system.sandbox_url}/v1"))
    time.sleep(2.5)  # a change is live within two seconds
    yield
    system.manage("shell", "--no-imports", "-c", _REMOVE_MODEL)


_REMOVE_MODEL = "from chatbot.models import ModelPool; ModelPool.objects.all().delete()"
_ADD_MODEL = """
from chatbot.models import ModelPool
ModelPool.objects.create(name="stand-in", url={url!r}, model="openai/gpt-oss-20b")
"""


def test_a_conversation_in_another_language_is_read_in_ones_own_as_translations_arrive(
    windows: Windows, model: None
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    mark = uuid.uuid4().hex[:8]
    messenger = windows.messenger()
    messenger.panel().write(f"Wo ist mein Paket? Ich warte seit drei Wochen darauf, {mark}")
    expect(messenger.panel().bot).to_have_count(1)
    desk = windows.staff(viewport={"width": 380, "height": 800})
    _row(desk, mark).click()
    expect(desk.locator("#conversation")).to_contain_text("The customer writes in German.")
    expect(desk.locator("#link")).to_have_class("link live")
    desk.keyboard.press("l")
    expect(desk.locator("[data-translate]")).to_have_attribute("aria-pressed", "true")
    expect(desk.locator(".translation[lang=en]").first).to_contain_text("Where is my parcel?")
    assert desk.evaluate("document.documentElement.scrollWidth") <= 380
    found = Axe().run(desk, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    desk.locator("#answer").fill("Your parcel arrives tomorrow.")
    desk.locator("[data-verb=translate-answer]").click()
    expect(desk.locator("#answer")).to_have_value("[stand-in, German] Ihr paket kommt morgen an.")
    desk.locator("#toasts button").click()
    expect(desk.locator("#answer")).to_have_value("Your parcel arrives tomorrow.")
    desk.keyboard.press("Escape")
    desk.keyboard.press("l")
    expect(desk.locator(".translation")).to_have_count(0)


def test_whoever_steps_in_while_the_bot_writes_is_the_only_one_heard(
    windows: Windows, system: System, model: None
) -> None:
    httpx2.put(f"{system.sandbox_url}/faults", json={"model": {"delay": 5, "times": 1}}).raise_for_status()
    messenger = windows.messenger()
    messenger.panel().write(DESCALE)
    desk = windows.staff()
    desk.locator("#tab-watch").click()
    desk.locator("#queue[data-watch] a.card").first.click()
    expect(desk.locator("#thread .part.customer")).to_contain_text("descale")
    desk.keyboard.press("t")
    desk.locator("#answer").fill("I am a person, and I was first.")
    desk.keyboard.press("Control+Enter")
    expect(messenger.panel().bot).to_have_count(1, timeout=25_000)
    expect(messenger.panel().bot).to_contain_text("I am a person")
    httpx2.delete(f"{system.sandbox_url}/faults").raise_for_status()
