"""Every page that people look at: without an error, on a telephone, and in Chinese."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sample_shelf import DESCALE, UNANSWERABLE
from tests.browser.windows import Windows

#: The first test waits for the whole system to start.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TELEPHONE = {"width": 380, "height": 800}
CHINESE = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def _one_of_each() -> dict[str, str]:
    """Addresses found once; see `_pages`."""
    return {}


def _sideways(page: Page) -> int:
    """How many pixels of the page stick out to the right."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def _pages(windows: Windows, found: dict[str, str]) -> dict[str, str]:
    """Path of every kind of page, with content on it."""
    if found:
        return found
    messenger = windows.messenger()
    asked, held = messenger.panel(), messenger.add_customer()
    asked.write(DESCALE)
    held.write(UNANSWERABLE)
    expect(asked.bot).to_have_count(1)
    expect(held.bot).to_have_count(1)
    staff = windows.staff()
    links = {"queue": "/desk/"}
    expect(staff.locator("#queue a.card").first).to_be_visible()
    links["draft"] = str(staff.locator("#queue a.card").first.get_attribute("href"))
    for name, path in {
        "story": "/admin/chatbot/turn/",
        "article": "/admin/knowledge/article/",
        "conversation": "/admin/sessions_app/conversation/",
        "notification": "/admin/chatbot/inboundevent/",
        "delivery": "/admin/chatbot/delivery/",
        "embedder": "/admin/knowledge/embedder/",
    }.items():
        staff.goto(windows.address(path))
        links[f"list of {name}"] = path
        links[name] = str(staff.locator(f'#result_list a[href^="{path}"]').first.get_attribute("href")).split("?")[0]
    links |= {
        "home": "/admin/",
        "status": "/status/",
        "alerts": "/admin/analytics/alert/",
        "alert rules": "/admin/analytics/alertrule/",
        "new alert rule": "/admin/analytics/alertrule/add/",
        "recipients": "/admin/analytics/alerttarget/add/",
        "business": "/analytics/business/",
        "technical": "/analytics/technical/",
        "experiments": "/admin/chatbot/experiment/",
        "new experiment": "/admin/chatbot/experiment/add/",
        "costs": "/analytics/costs/",
        "what if": "/analytics/costs/what-if/?factor=2",
        "prices of models": "/admin/analytics/modelprice/",
        "new price": "/admin/analytics/modelprice/add/",
        "new hourly rate": "/admin/analytics/rolerate/add/",
        "what costs rest on": "/admin/analytics/costbasis/",
        "topics": "/analytics/topics/",
        "gaps": "/analytics/gaps/",
        "exports": "/analytics/exports/",
        "survey": "/admin/chatbot/survey/",
        "answers to the survey": "/admin/chatbot/surveyinvitation/",
        "score": "/analytics/score/",
        "monthly report": "/analytics/report/",
        "weekly report": "/admin/analytics/reportrecipient/",
        "results": "/admin/analytics/conversationoutcome/",
        "confidence": "/admin/chatbot/calibration/",
        "intents": "/admin/chatbot/intent/",
        "train": "/admin/chatbot/intent/train",
        "import examples": "/admin/chatbot/intent/import",
        "label": "/admin/chatbot/intent/label",
        "intents to label": "/admin/chatbot/intentcheck/label/",
        "sampled messages": "/admin/chatbot/intentcheck/",
        "accuracy of intents": "/admin/chatbot/intentcheck/accuracy/",
        "profiles": "/admin/chatbot/temperatureprofile/",
        "playbooks": "/admin/chatbot/playbook/",
        "new playbook": "/admin/chatbot/playbook/add/",
        "compare": "/admin/chatbot/temperatureprofile/compare",
        "prompts": "/admin/chatbot/promptversion/",
        "new prompt": "/admin/chatbot/promptversion/write/answer/",
        "examples": "/admin/chatbot/exemplar/",
        "new example": "/admin/chatbot/exemplar/add/",
        "guidance": "/admin/chatbot/guidance/add/",
        "model pools": "/admin/chatbot/modelpool/",
        "new model pool": "/admin/chatbot/modelpool/add/",
        "events of model pools": "/admin/chatbot/modelpoolevent/",
        "history of article": links["article"].replace("/change/", "/history/"),
        "new article": "/admin/knowledge/article/add/",
        "deleted articles": "/admin/knowledge/article/deleted/",
        "approved answers": "/admin/knowledge/approvedanswer/",
        "new approved answer": "/admin/knowledge/approvedanswer/add/",
        "retrieval test": "/admin/knowledge/retrieval-test/",
        "evaluation sets": "/admin/knowledge/questionset/",
        "trials of changes": "/admin/chatbot/changetrial/",
        "new trial": "/admin/chatbot/changetrial/add/",
        "gates": "/admin/chatbot/gate/",
        "new gate": "/admin/chatbot/gate/add/",
        "near-duplicates": "/admin/knowledge/duplicatepair/",
        "tokens": "/admin/authtoken/tokenproxy/",
        "sensitive words": "/admin/chatbot/wordrule/",
        "new sensitive word": "/admin/chatbot/wordrule/add/",
        "try rules": "/admin/chatbot/wordrule/try/",
        "import rules": "/admin/chatbot/wordrule/import/",
        "deleted rules": "/admin/chatbot/wordrule/deleted/",
        "trigger rules": "/admin/chatbot/triggerrule/",
        "new trigger rule": "/admin/chatbot/triggerrule/add/",
        "group": "/admin/auth/group/1/change/",
        "preview of trigger rules": "/admin/chatbot/triggerrule/preview/",
        "review queues": "/admin/sessions_app/reviewqueue/",
        "new review queue": "/admin/sessions_app/reviewqueue/add/",
        "new macro": "/admin/sessions_app/macro/add/",
        "audit log": "/admin/sessions_app/auditentry/",
        "edits of drafts": "/admin/chatbot/answeredit/",
        "marked as wrong": "/admin/chatbot/answermark/",
        "answers to check": "/admin/chatbot/answercheck/",
        "scorecard": "/admin/chatbot/answercheck/scorecard/",
        "sampling rules": "/admin/chatbot/samplingrule/",
        "new sampling rule": "/admin/chatbot/samplingrule/add/",
        "how the bot decides": "/admin/chatbot/steering/1/change/",
        "questions for people": "/admin/sessions_app/reviewitem/",
        "documentation of the API": "/api/docs/",
    }
    found.update(links)
    return found


def test_no_page_meets_an_error_or_breaks_the_content_policy(windows: Windows, _one_of_each: dict[str, str]) -> None:
    page = windows.staff()
    for path in _pages(windows, _one_of_each).values():
        page.goto(windows.address(path))
        expect(page.locator("body")).to_be_visible()
    assert windows.troubles == []


@pytest.mark.parametrize(
    "name",
    [
        "queue",
        "draft",
        "story",
        "home",
        "train",
        "import examples",
        "label",
        "compare",
        "confidence",
        "retrieval test",
        "delivery",
        "new trigger rule",
        "group",
    ],
)
def test_staff_pages_fit_a_telephone(windows: Windows, _one_of_each: dict[str, str], name: str) -> None:
    page = windows.staff(_pages(windows, _one_of_each)[name], viewport=TELEPHONE)
    assert _sideways(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_ours_bars_people_with_disabilities(
    windows: Windows, _one_of_each: dict[str, str], scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    page = windows.staff(color_scheme=scheme)
    paths = _pages(windows, _one_of_each)
    for name in ("home", "story", "how the bot decides", "business"):
        page.goto(windows.address(paths[name]))
        found = Axe().run(page, options=options)
        assert found.violations_count == 0, (name, found.generate_report())


def test_everything_is_searched_from_any_page(windows: Windows, _one_of_each: dict[str, str]) -> None:
    page = windows.staff(_pages(windows, _one_of_each)["home"])
    page.keyboard.press("Control+k")
    box = page.get_by_placeholder("Type to search")
    expect(box).to_be_focused()
    box.press_sequentially("espresso", delay=30)
    expect(page.get_by_role("link", name="Marea espresso machine").first).to_be_visible()


def test_the_messenger_fits_a_telephone(windows: Windows) -> None:
    messenger = windows.messenger(viewport=TELEPHONE)
    assert _sideways(messenger.page) <= 0
    messenger.panel().write(DESCALE)
    expect(messenger.panel().bot).to_have_count(1)
    assert _sideways(messenger.page) <= 0


def test_the_messenger_speaks_the_browsers_chinese_and_switches(windows: Windows) -> None:
    messenger = windows.messenger(locale="zh-CN")
    page = messenger.page
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator("h1")).to_have_text("Tovemill 客服")
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h1")).to_have_text("Tovemill support")


def test_a_chinese_question_is_answered_in_chinese(windows: Windows) -> None:
    panel = windows.messenger(locale="zh-CN").panel()
    panel.root.locator(".samples button").first.click()
    expect(panel.bot).to_contain_text("寄给您")


@pytest.mark.parametrize("name", ["queue", "draft", "story", "home", "confidence"])
def test_staff_pages_speak_chinese(windows: Windows, _one_of_each: dict[str, str], name: str) -> None:
    page = windows.staff(_pages(windows, _one_of_each)[name], locale="zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    headings = page.locator(".hr h2, h1").all_inner_texts()
    assert headings
    assert all(CHINESE.search(heading) for heading in headings), headings
