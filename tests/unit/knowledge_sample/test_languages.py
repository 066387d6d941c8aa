"""A Chinese article never promises something else than its English counterpart."""

import re
from collections import Counter

import pytest

from tests.unit.knowledge_sample.sample import NUMBER, article, articles

#: Each Chinese article with the English articles that hold the same facts.
COUNTERPARTS = {
    "zh-returns-window": ("en-returns-window",),
    "zh-returns-start": ("en-returns-start",),
    "zh-refunds-timing": ("en-refunds-timing",),
    "zh-shipping-rates": ("en-shipping-rates", "en-shipping-pickup-bulky"),
    "zh-customs": ("en-customs",),
    "zh-orders-change-cancel": ("en-orders-change-cancel",),
    "zh-shipping-lost": ("en-shipping-lost", "en-orders-track"),
    "zh-orders-damaged": ("en-orders-damaged-wrong",),
    "zh-warranty": ("en-warranty-cover", "en-warranty-register"),
    "zh-repairs": ("en-repairs",),
    "zh-payment-alipay": ("en-payment-methods",),
    "zh-invoices": ("en-invoices-vat",),
    "zh-gift-cards": ("en-gift-cards",),
    "zh-circle": ("en-circle",),
    "zh-contact": ("en-contact-hours",),
    "zh-password-2fa": ("en-password", "en-two-factor"),
    "zh-privacy": ("en-privacy", "en-account-guest-email"),
    "zh-kettle-k170": ("en-kettle-k170", "en-spare-parts"),
    "zh-vacuum-sv410": ("en-vacuum-sv410", "en-spare-parts"),
    "zh-stock-plans": ("en-stock-plans",),
    "zh-stock-billing": ("en-stock-billing", "en-stock-cancel"),
    "zh-stock-csv-import": ("en-stock-csv-import",),
    "zh-scanner-ts2": ("en-scanner-ts2", "en-spare-parts"),
    "zh-stock-sync-errors": ("en-stock-sync", "en-stock-error-codes", "en-stock-integrations"),
    "zh-stock-sla": ("en-stock-sla", "en-contact-hours"),
    "zh-stock-trade-discount": ("en-stock-trade-discount",),
}

#: Topics that only Chinese-speaking customers ask about.
ONLY_CHINESE = {"zh-address-names", "zh-use-in-china"}

#: Numbers that the English text has no reason to hold: Beijing time, a mail provider, how UnionPay cards
#: begin, and what English spells out ("thirty days before").
ONLY_IN_CHINESE_TEXT = {
    "zh-payment-alipay": {"62"},
    "zh-gift-cards": {"30"},
    "zh-contact": {"15:00", "19:00"},
    "zh-password-2fa": {"163"},
}


#: How the cells begin that repeat an hour in Beijing time.
BEIJING_TIME = ("夏季", "北京时间")


def without_months(text: str) -> str:
    """English writes months as words, so "12 月" is no number to compare."""
    return re.sub(r"\d+ 月", "", text)


def numbers(text: str) -> set[str]:
    return set(NUMBER.findall(without_months(text)))


def test_every_chinese_article_has_a_counterpart_or_is_only_chinese() -> None:
    chinese = {one.id for one in articles() if one.language == "zh-hans"}
    assert chinese == set(COUNTERPARTS) | ONLY_CHINESE


@pytest.mark.parametrize("article_id", COUNTERPARTS)
def test_chinese_article_names_only_numbers_that_the_english_one_names(article_id: str) -> None:
    english = set().union(*(numbers(article(one).body) for one in COUNTERPARTS[article_id]))
    english |= ONLY_IN_CHINESE_TEXT.get(article_id, set())
    assert numbers(article(article_id).body) - english == set()


def latin_words(cell: str) -> set[str]:
    """The part of a row's name that both languages share: a plan, a model, an error code."""
    return set(re.findall(r"[A-Za-z][A-Za-z0-9-]*", re.sub(r"\S+@\S+", "", cell)))


@pytest.mark.parametrize("article_id", COUNTERPARTS)
def test_rows_of_chinese_tables_hold_the_numbers_of_the_english_row(article_id: str) -> None:
    english_rows = [row for one in COUNTERPARTS[article_id] for row in article(one).table_rows()]
    for row in article(article_id).table_rows():
        wanted = Counter(NUMBER.findall(" ".join(cell for cell in row if not cell.startswith(BEIJING_TIME))))
        same_name = [other for other in english_rows if latin_words(row[0]) <= latin_words(other[0])]
        held = [Counter(NUMBER.findall(" ".join(other))) for other in same_name]
        assert not wanted or any(wanted <= one for one in held), row


@pytest.mark.parametrize("article_id", COUNTERPARTS)
def test_chinese_article_is_for_the_same_people(article_id: str) -> None:
    for one in COUNTERPARTS[article_id][:1]:
        assert article(article_id).tiers == article(one).tiers
        assert article(article_id).visibility == article(one).visibility


def test_chinese_articles_are_not_served_under_english_addresses() -> None:
    for one in articles():
        assert ("/zh/" in one.url) == (one.language == "zh-hans"), one.id
