"""The internal note with which a conversation reaches people in Intercom; in English, as staff share one inbox."""

import html
from collections.abc import Sequence

from django.utils import translation

from chatbot.intercom.reply_html import paragraphs_html
from chatbot.pipeline.decide import REASONS_IN_WORDS, Reason
from chatbot.pipeline.packet import OPEN_IN_WORDS, Packet


def handover_note(packet: Packet) -> str:
    """Safe HTML: what the customer wants, what is known, what was tried and found, why it stopped, what is open."""
    reasons = [Reason(word) for word in packet.reasons]
    known = [f"{name}: {value.replace('_', ' ')}" for name, value in packet.known.items()]
    if packet.customer.get("tier"):
        known.append(f"tier: {packet.customer['tier']}")
    with translation.override("en"):
        questions = [str(OPEN_IN_WORDS[key]) for key in packet.open_questions]
    pieces = [
        f"<p><b>Handrail hands over.</b> {reasons_in_english(reasons)}</p>",
        f"<p><b>The customer wants:</b></p>{paragraphs_html(packet.wanted[:2000])}",
        _line("Known", "; ".join(known)),
        f"<p>Answers the bot gave before: {len(packet.tried)}.</p>",
        _line("Found", "; ".join(dict.fromkeys(str(one["title"]) for one in packet.found))),
        _line("Open", " ".join(questions)),
    ]
    return "".join(pieces)


def reasons_in_english(reasons: Sequence[Reason]) -> str:
    with translation.override("en"):
        return " ".join(str(REASONS_IN_WORDS[reason]) for reason in reasons)


def _line(label: str, text: str) -> str:
    return f"<p><b>{label}:</b> {html.escape(text, quote=False)}</p>" if text else ""
