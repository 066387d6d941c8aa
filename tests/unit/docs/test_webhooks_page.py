"""What the page says of webhooks is what the door and the parser know."""

import re

from chatbot.intercom.payloads import ARTICLE_TOPICS, CONVERSATION_TOPICS, RATING_TOPIC, REDACTED_TOPIC
from chatbot.models import InboundEvent
from sandbox.faults import MODES
from tests.unit.docs.pages import ROOT, page

TOPICS = CONVERSATION_TOPICS | {RATING_TOPIC, REDACTED_TOPIC} | ARTICLE_TOPICS


def test_every_topic_that_is_understood_is_documented() -> None:
    section = page("reference/webhooks.md").split("## Topics")[1].split("## Guards")[0]
    assert set(re.findall(r"`((?:conversation|article)[\w.]+)`", section)) == TOPICS


def test_the_guide_asks_to_subscribe_to_every_topic_that_is_understood() -> None:
    guide = page("how-to/connect-intercom.md").split("## 4. Webhooks")[1].split("## 5.")[0]
    assert set(re.findall(r"`((?:conversation|article)[\w.]+)`", guide)) == TOPICS


def test_every_status_code_of_the_door_is_documented() -> None:
    source = (ROOT / "chatbot" / "webhooks.py").read_text(encoding="utf-8")
    codes = set(re.findall(r"(?:return|status =) (\d{3})\b", source))
    section = page("reference/webhooks.md").split("## Status codes")[1].split("## Topics")[0]
    assert codes
    assert set(re.findall(r"^\| (\d{3}) \|", section, re.MULTILINE)) == codes


def test_every_status_of_a_notification_is_documented() -> None:
    section = page("reference/webhooks.md").split("## Status of a stored notification")[1]
    assert all(f"| {label} |" in section for label in (str(status.label) for status in InboundEvent.Status))


def test_every_mode_of_failure_of_the_sandbox_is_documented() -> None:
    text = page("reference/sandbox.md")
    assert all(f"`{mode}`" in text for modes in MODES.values() for mode in modes)
