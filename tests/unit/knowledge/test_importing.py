import pytest

from knowledge.errors import ArticleRefused
from knowledge.importing.drafts import parse_article
from knowledge.languages import detect_language
from knowledge.storable import storable_text

GOOD = {"id": "1", "title": "Refunds", "body": "Within 30 days."}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "id"),
        ({"title": " "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"body": 5}, "body"),
        ({"body": "x" * 2_000_001}, "body"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"visibility": "secret"}, "visibility"),
        ({"audience": ["gold"]}, "audience"),
        ({"audience": {"tier": ["gold"]}}, "audience.tier"),
        ({"audience": {"tiers": "gold"}}, "audience.tiers"),
        ({"audience": {"attributes": {"country": ["de"]}}}, "audience.attributes"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(ArticleRefused) as refused:
        parse_article(GOOD | change)
    assert refused.value.field == field


def test_a_title_that_says_internal_makes_a_staff_procedure() -> None:
    assert parse_article(GOOD | {"title": "Internal: Refunds"}).visibility == "internal"
    assert parse_article(GOOD | {"title": "Internal: Refunds", "visibility": "public"}).visibility == "public"
    assert parse_article(GOOD).visibility == "public"


def test_attribute_conditions_become_texts() -> None:
    draft = parse_article(GOOD | {"audience": {"attributes": {"seats": 5, "trial": True}}})
    assert draft.audience_attributes == {"seats": "5", "trial": "true"}


def test_nul_and_lone_surrogates_never_reach_the_database() -> None:
    assert storable_text("a\0b\ud800c\r\nd") == "ab\ufffdc\nd"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I get a refund for the plan that I bought last year?", "en"),
        ("Wie bekomme ich mein Geld für das Jahresabonnement zurück, das ich gekauft habe?", "de"),
        ("怎么申请退款？订单多久到账", "zh-hans"),
        ("我們這個訂單什麼時候發貨", "zh-hant"),
        ("返金はいつ届きますか", "ja"),
        ("환불은 언제 되나요", "ko"),
        ("Как вернуть деньги", "ru"),
        ("12345 !!!", ""),
    ],
)
def test_language_is_detected(text: str, language: str) -> None:
    assert detect_language(text) == language
