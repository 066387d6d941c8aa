"""Sensitive words are found however they are hidden, innocent words are left alone, and nothing takes long."""

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.rules.folding import fold
from chatbot.rules.matching.expressions import Expression, ExpressionIndex, ExpressionRefused, compiled
from chatbot.rules.matching.found import Disguise
from chatbot.rules.matching.literals import CANDIDATES_AT_MOST, LiteralIndex
from chatbot.rules.matching.matcher import Kind, Matcher, Rule, RuleAction, Scope, masked
from chatbot.rules.matching.wanted import Literal

WORDS = ("refund", "敏感", "台独", "ass", "kill", "cunt", "hell", "money back", "credit card", "привет", "pot", "911")


def found(text: str, *patterns: str, **options: bool) -> list[str]:
    """The pieces of `text` that match."""
    index = LiteralIndex([Literal(key=key, pattern=pattern, **options) for key, pattern in enumerate(patterns)])
    return [text[one.start : one.end] for one in index.find(fold(text))]


def rule(pattern: str, action: RuleAction = RuleAction.MASK, kind: Kind = Kind.LITERAL, **more: object) -> Rule:
    return Rule(id=int(more.pop("id", 1)), pattern=pattern, kind=kind, action=action, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "r e f u n d", "ｒｅｆｕｎｄ", "re\u200bfund", "rеfund",
        "R E F U N D", "r.e.f.u.n.d", "r-e-f-u-n-d", "r,e,f,u,n,d",
        "re*fund", "re-fund", "re_fund",
        "refuuund", "rreefffund", "r3fund", "réfund", "r\u0337e\u0337f\u0337u\u0337n\u0337d",
        "🆁🅴🅵🆄🅽🅳", "ⓡⓔⓕⓤⓝⓓ", "re fu nd", "r  e  f  u  n  d", "ref*nd", "REFUND", "Rеfuuuund",
    ],
)  # fmt: skip
def test_a_hidden_word_is_found_with_its_whole_place(text: str) -> None:
    assert found(f"I want a {text} now", "refund") == [text]
    assert found(text, "refund") == [text]


@pytest.mark.parametrize("text", ["敏 感", "敏*感", "敏感", "敏.感", "敏_感", "敏\u200b感"])
def test_chinese_words_are_found_with_signs_between(text: str) -> None:
    assert found(f"这个很{text}的话题", "敏感") == [text]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("shit", "sh!t"), ("shit", "$h1t"), ("kill", "kiIl"), ("kill", "kiiillll"), ("ass", "a$$"), ("fuck", "f*ck"),
        ("fuck", "f.u.c.k"), ("chargeback", "сhаrgeback"), ("money back", "money-back"), ("money back", "MONEY\nBACK"),
        ("credit card", "creditcard"), ("привет", "Привет"), ("can't", "CAN'T"), ("c++", "C++"), ("加v信", "加 V 信"),
        ("shit", "t h i s  s h i t".replace("  ", " ")), ("🖕", "🖕"), ("refund", "refund's"),
    ],
)  # fmt: skip
def test_other_spellings_are_found(pattern: str, text: str) -> None:
    assert Matcher([rule(pattern)]).check(f"so {text}, you").hits


@pytest.mark.parametrize(
    "text",
    [
        "Scunthorpe", "class", "assess", "assassin", "grass", "bass", "refunds", "prefund", "c l a s s", "a s s e s s",
        "g.r.a.s.s", "he'll be there", "she'll", "on credit, card payments", "we take credit. Card readers", "skill",
        "Galaxy A55", "455", "рот", "painkiller", "joe@class.com", "pass", "90911", "as sesame", "shell", "peacocks",
        "a hotpot", "ki lls", "passed.", "the class is at 9.11.", "over-assess", "Dickens",
    ],
)  # fmt: skip
def test_innocent_words_are_left_alone(text: str) -> None:
    assert found(text, *WORDS) == []


@pytest.mark.parametrize("text", ["这是一个平台独立的系统", "过敏 感冒怎么办", "过敏感冒"])
def test_the_seam_of_two_chinese_words_is_no_word(text: str) -> None:
    assert Matcher([rule("台独"), rule("敏感")]).check(text).hits == ()


def test_without_whole_word_the_inside_of_words_counts() -> None:
    assert found("class", "ass", whole_word=False) == ["ass"]


def test_in_a_language_with_accents_an_accent_makes_another_word() -> None:
    matcher = Matcher([rule("ano")])
    assert matcher.check("un año más", language="es").hits == ()
    assert matcher.check("el ano", language="es").hits
    assert matcher.check("so anó", language="en").hits


_HIDING = st.sampled_from(["", "\u200b", " ", "*", ".", "-"])


@given(st.text(alphabet="bcdfgklmnprstvwz", min_size=4, max_size=9), _HIDING, st.booleans(), st.sampled_from([1, 3, 5]))
def test_any_word_is_found_in_any_mixture_of_disguises(word: str, sign: str, is_wide: bool, run: int) -> None:
    hidden = "".join(sign_ * run if place == 1 else sign_ for place, sign_ in enumerate(word))
    hidden = sign.join(hidden)
    if is_wide:
        hidden = "".join(chr(ord(one) + 0xFEE0) if one.isascii() and one.isalpha() else one for one in hidden)
    if run > 1 and sign not in ("", "\u200b"):
        return  # stretched and spelled at once: not promised
    assert hidden in found(f"now {hidden} !", word)


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=12), max_size=8))
@settings(max_examples=150)
def test_no_text_and_no_list_of_words_breaks_the_matcher(text: str, patterns: list[str]) -> None:
    matcher = Matcher([rule(pattern, id=number) for number, pattern in enumerate(patterns) if pattern.strip()])
    verdict = matcher.check(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in verdict.hits)
    places = verdict.masks
    assert all(first[1] <= second[0] for first, second in pairwise(places))


@given(st.text(alphabet="ab cé敏感.*\u200b", max_size=60))
def test_a_masked_text_holds_the_word_no_longer(text: str) -> None:
    matcher = Matcher([rule("ab"), rule("敏感", id=2)])
    once = masked(text, matcher.check(text).masks)
    for _ in range(len(text)):  # what stood apart may stand together once the middle is gone
        places = matcher.check(once).masks
        if not places:
            break
        once = masked(once, places)
    assert not matcher.check(once).hits


# Expressions ----------------------------------------------------------------------------------------------------------


def test_expressions_see_through_the_same_disguises() -> None:
    index = ExpressionIndex([Expression(key=0, pattern=r"refunds?|退款"), Expression(key=1, pattern=r"\d{16}")])
    for text in (
        "REFUNDS",
        "r e f u n d",
        "ｒｅｆｕｎｄ",
        "rеfund",
        "refuuund",
        "re*fund",
        "退 款",
        "r3fund",
        "4111111111111111",
    ):
        assert [text[one.start : one.end] for one in index.find(fold(text))], text
    for text in ("prefund", "Galaxy A55", "refundable"):
        assert list(index.find(fold(text))) == [], text


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("", "empty"), ("a|", "nothing at all"), ("(x*)", "nothing at all"), (".*", "nothing at all"),
        ("(?=a)b", "Look-ahead"),
        (r"(a)\1", "earlier group"), ("a++", "Possessive"), ("(((", "cannot be read"), ("(a{900}){900}", "too large"),
        ("a" * 1_001, "1001 characters"), ("x" * 1_000_000, "1000000 characters"), ("a\x00", "control character"),
        ("[a", "cannot be read"), ("*a", "cannot be read"), ("a{2,1}", "too large"),
    ],
)  # fmt: skip
def test_an_expression_that_cannot_be_used_is_refused_with_the_reason(pattern: str, says: str) -> None:
    with pytest.raises(ExpressionRefused, match=re.escape(says)):
        compiled(pattern)


@given(st.text(alphabet="()[]{}|*+?.^$\\abd019,-<>=!:P敏", max_size=30))
def test_any_expression_is_taken_or_refused_and_never_fails_later(pattern: str) -> None:
    try:
        compiled(pattern)
    except ExpressionRefused:
        return
    list(ExpressionIndex([Expression(key=0, pattern=pattern)]).find(fold("abab 019 敏感 (x)")))


# What wins ------------------------------------------------------------------------------------------------------------


def test_the_smallest_priority_decides_then_the_stronger_action() -> None:
    text = "alpha beta gamma"
    rules = [
        rule("alpha", RuleAction.REVIEW, id=1),
        rule("beta", RuleAction.BLOCK, id=2),
        rule("gamma", RuleAction.HAND_OFF, id=3, priority=1),
    ]
    verdict = Matcher(rules).check(text)
    assert verdict.winner is not None
    assert verdict.winner.id == 3
    second = Matcher(rules[:2]).check(text).winner
    assert second is not None
    assert second.id == 2


def test_masking_and_tagging_happen_beside_what_decides() -> None:
    verdict = Matcher(
        [
            rule("alpha", priority=1),
            rule("beta", RuleAction.REVIEW, id=2),
            rule("beta", RuleAction.TAG, id=3, category="law"),
        ]
    ).check("alpha and beta")
    assert verdict.winner is not None
    assert (verdict.winner.id, verdict.tags) == (2, ("law",))
    assert masked("alpha and beta", verdict.masks) == "•••• and beta"


def test_scope_language_and_days_are_kept() -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 11, 25, tzinfo=UTC)
    matcher = Matcher(
        [
            rule("alpha", scope=Scope.OUTGOING),
            rule("beta", id=2, language="zh"),
            rule("gamma", id=3, active_from=now, active_to=now + timedelta(days=1)),
        ]
    )

    def ids(**more: object) -> list[int]:
        return [hit.rule.id for hit in matcher.check("alpha beta gamma", **more).hits]  # type: ignore[arg-type]

    assert ids(scope=Scope.INCOMING, language="zh-hans", now=now) == [2, 3]
    assert ids(scope=Scope.OUTGOING, language="en", now=now - timedelta(seconds=1)) == [1]
    assert ids(scope=Scope.OUTGOING, language="en", now=now + timedelta(days=1)) == [1]


# Hostile hands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a" * 20_000, "ab" * 10_000, "a " * 10_000, "a*" * 10_000, "敏 " * 10_000, "\u200b" * 20_000,
        "e\u0301" * 10_000,
        "@$1!" * 5_000,
    ],
    ids=["a", "ab", "a-blank", "a-star", "chinese", "invisible", "accents", "signs"],
)  # fmt: skip
def test_hostile_texts_and_patterns_make_no_more_work_than_the_bound_allows(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long that takes is measured by `benchmarks.rules`; here the work is counted. Backtracking would never end."""
    patterns = ["a" * length for length in range(1, 200)] + ["ab" * length for length in range(1, 100)] + ["敏感"]
    expressions = ["(a+)+b", "(a|aa)+c", "(a*b*)+d", "((a+)*)+e", ".*a.*b.*c.*f", "(.*)(.*)(.*)g", "[^x]*[^y]*h"]
    matcher = Matcher(
        [rule(pattern, id=number) for number, pattern in enumerate(patterns)]
        + [rule(pattern, kind=Kind.EXPRESSION, id=1_000 + number) for number, pattern in enumerate(expressions)]
    )
    judged = 0
    judge = LiteralIndex._judged

    def counted(index: LiteralIndex, *candidate: Any) -> Any:
        nonlocal judged
        judged += 1
        return judge(index, *candidate)

    monkeypatch.setattr(LiteralIndex, "_judged", counted)
    matcher.check(text)
    assert judged <= CANDIDATES_AT_MOST


def test_a_disguise_is_told() -> None:
    index = LiteralIndex([Literal(key=0, pattern="refund")])
    told = {
        text: next(iter(index.find(fold(text)))).disguise
        for text in ("refund", "r e f u n d", "rеfund", "refuuund", "r3fund")
    }
    assert list(told.values()) == [
        Disguise.NONE, Disguise.SPACED, Disguise.LOOK_ALIKE, Disguise.STRETCHED, Disguise.DIGITS,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [("退货", Kind.LITERAL), ("退貨", Kind.LITERAL), ("退[货款]", Kind.EXPRESSION), ("退(貨|款)", Kind.EXPRESSION)],
)
@pytest.mark.parametrize("text", ["我要退货", "我要退貨", "我要退 貨"])
def test_simplified_and_traditional_signs_match_each_other(pattern: str, kind: Kind, text: str) -> None:
    hits = Matcher([Rule(id=1, pattern=pattern, kind=kind, action=RuleAction.REVIEW)]).check(text).hits
    assert [text[hit.start : hit.end] for hit in hits] == [text[2:]]
