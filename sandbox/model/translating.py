"""How the stand-in "translates": phrase by phrase from a small list, and honestly marked where it knows no better.

It shows that the path works, and a test can check it; it is no translation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

#: English, German, Chinese.
_PHRASES: Final = (
    ("hello", "hallo", "你好"),
    ("thank you", "danke", "谢谢"),
    ("where is my order?", "wo ist meine bestellung?", "我的订单在哪里？"),
    ("where is my parcel?", "wo ist mein paket?", "我的包裹在哪里？"),
    ("how do i return a blender?", "wie kann ich einen mixer zurückgeben?", "怎么退搅拌机？"),
    ("a colleague looks at it.", "ein kollege sieht sich das an.", "同事正在查看。"),
    ("your parcel arrives tomorrow.", "ihr paket kommt morgen an.", "您的包裹明天到。"),
    ("i want my money back", "ich möchte mein geld zurück", "我要退款"),
)
_LANGUAGES: Final = {"english": 0, "german": 1, "simplified chinese": 2}
_ORIGINAL: Final = re.compile(r"<original>(.*)</original>", re.IGNORECASE | re.DOTALL)
_INTO: Final = re.compile(r"\binto ([A-Z][a-z]+(?: Chinese)?)")
_SENTENCE: Final = re.compile(r"(?<=[.!?。！？])\s*|\n")


def translation(messages: Sequence[Any]) -> str | None:
    """What a request for a translation is answered with; None for any other request."""
    texts = [str(each.get("content") or "") for each in messages if isinstance(each, dict)]
    if not texts or (found := _ORIGINAL.search(texts[-1])) is None:
        return None
    into = _INTO.search("\n".join(texts[:-1]))
    language = into.group(1) if into else "English"
    pieces = [piece for piece in _SENTENCE.split(found.group(1)) if piece.strip()]
    return f"[stand-in, {language}] " + " ".join(_phrase(piece, language) for piece in pieces)


def _phrase(piece: str, language: str) -> str:
    place = _LANGUAGES.get(language.casefold())
    known = next((row for row in _PHRASES if piece.strip().casefold() in row), None)
    if known is None or place is None:
        return f"«{piece.strip()}»"
    words = known[place]
    return words[:1].upper() + words[1:]
