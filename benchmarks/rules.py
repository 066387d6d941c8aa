"""Sensitive words on messages of 1,000 characters: 10,000 words and 500 expressions, ordinary texts and hostile ones.

CPU time of one thread, because other programs on the machine are none of the matcher's business.
"""

import os
import random
import string
import time
from statistics import quantiles
from typing import Any

from benchmarks.tables import Table

LITERALS, EXPRESSIONS, CHARACTERS = 10_000, 500, 1_000
_SENTENCES = (
    "Where is my order? It should have come on Tuesday, and the tracking page says nothing new.",
    "I would like to return the blender that I bought three weeks ago; the box is open but it was never used.",
    "Your colleague told me that I would get an answer within two days, and that was last week.",
    "Can I pay with another card? The one that I use has expired, and my new one comes next month.",
    "我的订单已经五天没有更新了，请问什么时候可以发货？",
    "The app closes by itself when I open the settings, on my phone and on the tablet as well.",
    "Please change the delivery address to 12 Mill Lane, second floor, and ring at the blue door.",
)
_HOSTILE = {
    "one letter": "a" * CHARACTERS,
    "two letters": "ab" * (CHARACTERS // 2),
    "spelled out": "a " * (CHARACTERS // 2),
    "stars": "a*" * (CHARACTERS // 2),
    "look-alikes": "аеорсу" * (CHARACTERS // 6),
    "digits for letters": "a1e3o0" * (CHARACTERS // 6),
    "invisible": "a\u200b" * (CHARACTERS // 2),
    "signs": "@$!|" * (CHARACTERS // 4),
}


def run(*, quick: bool) -> dict[str, Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from chatbot.rules.matching.matcher import Kind, Matcher, Rule, RuleAction

    source = random.Random(7)

    def word() -> str:
        return "".join(source.choice(string.ascii_lowercase) for _ in range(source.randint(5, 10)))

    def chinese() -> str:
        return "".join(chr(source.randint(0x4E00, 0x9FA0)) for _ in range(source.randint(2, 4)))

    words = [
        chinese() if number % 5 == 0 else f"{word()} {word()}" if number % 5 == 1 else word()
        for number in range(LITERALS - 3)
    ] + ["tracking page", "refund", "tablet"]
    shapes = (
        "{a}(s|ed|ing)?", "{a}.{{0,20}}{b}", r"\b{a}\s+{b}\b", r"\d{{3}}-{a}", r"{a}\w+{b}", "({a}|{b})+x", "{a}.*{b}",
        r"\b\d{{10,19}}\b", r"(order|address).{{0,30}}{a}",
    )  # fmt: skip
    expressions = [shapes[number % len(shapes)].format(a=word(), b=word()) for number in range(EXPRESSIONS)]

    def matcher(literals: list[str], patterns: list[str]) -> Matcher:
        kinds = [(Kind.LITERAL, one) for one in literals] + [(Kind.EXPRESSION, one) for one in patterns]
        return Matcher(
            [
                Rule(id=number, pattern=pattern, kind=kind, action=RuleAction.REVIEW)
                for number, (kind, pattern) in enumerate(kinds, start=1)
            ]
        )

    begun = time.process_time()
    ordinary = matcher(words, expressions)
    build_seconds = time.process_time() - begun
    nested = ["a" * length for length in range(1, 201)] + ["ab" * length for length in range(1, 101)]
    hostile_expressions = [
        "(a+)+b",
        "(a|aa)+c",
        "(a*b*)+d",
        "((a+)*)+e",
        ".*a.*b.*c.*f",
        "(.*)(.*)(.*)g",
        "[^x]*[^y]*h",
    ]
    hostile = matcher(nested, hostile_expressions * 10)
    texts = [_message(source) for _ in range(100 if quick else 1_000)]
    p50, p99 = _microseconds(ordinary, texts)
    rounds = 5 if quick else 20
    worst_text = {name: _microseconds(ordinary, [text] * rounds)[1] for name, text in _HOSTILE.items()}
    worst_both = {name: _microseconds(hostile, [text] * rounds)[1] for name, text in _HOSTILE.items()}
    table = Table(
        f"{LITERALS:,} words, {EXPRESSIONS} expressions, {CHARACTERS:,} characters: CPU microseconds",
        ("text", "p50", "p99"),
    )
    table.row("ordinary messages", round(p50), round(p99))
    for name in _HOSTILE:
        table.row(f"hostile: {name}", None, round(worst_text[name]))
        table.row("  and rules made for it", None, round(worst_both[name]))
    table.show()
    return {
        "p50_us": round(p50, 1),
        "p99_us": round(p99, 1),
        "hostile_texts_us": round(max(worst_text.values()), 1),
        "hostile_texts_and_rules_us": round(max(worst_both.values()), 1),
        "build_seconds": round(build_seconds, 3),
    }


def _message(source: random.Random) -> str:
    text = ""
    while len(text) < CHARACTERS:
        text += source.choice(_SENTENCES) + " "
    return text[:CHARACTERS]


def _microseconds(matcher: Any, texts: list[str]) -> tuple[float, float]:
    """Median and 99th percentile."""
    for text in texts[:5]:
        matcher.check(text)
    taken = []
    for text in texts:
        begun = time.process_time()
        matcher.check(text)
        taken.append((time.process_time() - begun) * 1e6)
    cuts = quantiles(taken, n=100, method="inclusive")
    return cuts[49], cuts[98]
