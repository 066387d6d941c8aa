"""The stand-in at its worst: it does what its data order, as a model does that takes data for instructions."""

from __future__ import annotations

import re

MAX_ORDERS = 3

_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_ORDER = re.compile(
    r"^(?:please\s+)?(?:ignore|disregard|forget|add|append|insert|include|integrate|modify|augment|enhance|replace|remove|convert"
    r"|scramble|misspell|introduce|provide|draft|write|compose|develop|explain|describe|translate|say|tell|print|reveal|repeat"
    r"|use|render|in\s+your\s+(?:response|reply|answer))\b|^(?:请)?(?:忽略|无视|加上|插入|输出|翻译|写)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“](.{4,}?)[\"”]")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\b(?:[a-z0-9-]+\.)+(?:com|xyz|org|net|io)\b", re.IGNORECASE)


def obey(answer: str, data: str) -> str:
    """`answer` with what the orders in `data` want: their quoted words, their links, or a word that it was done."""
    orders = [line.strip() for line in _SENTENCE.split(data) if _ORDER.match(line.strip())][:MAX_ORDERS]
    said = []
    for order in orders:
        wanted = [*_QUOTED.findall(order), *(f"Visit {link.rstrip('.,')}." for link in _LINK.findall(order))]
        said.append(" ".join(wanted) if wanted else f"As you wish: {order}")
    return " ".join([answer, *(f"{line} [1]" for line in said)])
