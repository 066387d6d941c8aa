"""What customers see in the messenger."""

import pytest
from playwright.sync_api import expect

from tests.browser.sample_shelf import CUSTOMS, CUSTOMS_WORDS, DESCALE, DESCALE_LINK, DESCALE_WORDS, UNANSWERABLE
from tests.browser.windows import Windows

#: The first test waits for the whole system to start.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_typed_question_is_answered_with_the_articles_words_and_its_link(windows: Windows) -> None:
    panel = windows.messenger().panel()
    panel.write(DESCALE)
    expect(panel.bot).to_contain_text(DESCALE_WORDS)
    expect(panel.bot.locator(f'a[href="{DESCALE_LINK}"]')).to_be_visible()
    expect(panel.root.locator(".typing")).to_be_hidden()


def test_an_offered_question_is_asked_with_one_click(windows: Windows) -> None:
    panel = windows.messenger().panel()
    panel.root.locator(".samples button", has_text=DESCALE).click()
    expect(panel.bot).to_contain_text(DESCALE_WORDS)


def test_two_customers_side_by_side_see_only_their_own_words(windows: Windows) -> None:
    messenger = windows.messenger()
    first, second = messenger.panel(), messenger.add_customer()
    first.write(DESCALE)
    second.write(CUSTOMS)
    expect(first.bot).to_contain_text(DESCALE_WORDS)
    expect(second.bot).to_contain_text(CUSTOMS_WORDS)
    expect(first.said).not_to_contain_text("customs")
    expect(second.said).not_to_contain_text("descal")


def test_a_teammates_reply_silences_the_bot(windows: Windows) -> None:
    messenger = windows.messenger()
    panel, other = messenger.panel(), messenger.add_customer()
    panel.write(DESCALE)
    expect(panel.bot).to_have_count(1)
    panel.write_as_teammate("Mia here, I look after you from now on.")
    expect(panel.teammate).to_contain_text("Mia here")
    panel.write(CUSTOMS)
    expect(panel.root.locator(".part.customer")).to_have_count(2)
    other.write(CUSTOMS)  # asked later and answered: silence towards the first is no slowness
    expect(other.bot).to_contain_text(CUSTOMS_WORDS)
    expect(panel.bot).to_have_count(1)


def test_notes_for_colleagues_are_shown_on_the_teams_side_only(windows: Windows) -> None:
    messenger = windows.messenger()
    panel = messenger.panel()
    panel.write(UNANSWERABLE)
    expect(panel.bot).to_contain_text("a colleague")
    note = panel.root.locator(".part.note")
    expect(note).to_have_count(1)
    expect(note).to_be_hidden()
    messenger.page.locator(".switch").click()
    expect(note).to_be_visible()
    expect(note).to_contain_text("No article answers this")


def test_a_conversation_survives_a_reload(windows: Windows) -> None:
    messenger = windows.messenger()
    messenger.panel().write(DESCALE)
    expect(messenger.panel().bot).to_contain_text(DESCALE_WORDS)
    messenger.page.reload()
    expect(messenger.panel().bot).to_contain_text(DESCALE_WORDS)
