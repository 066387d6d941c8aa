"""What holds for every article on its own, and for the collection as a whole."""

import re

import pytest

from tests.unit.knowledge_sample.sample import FOLDER, Article, articles, questions, read_lines

ARTICLE_KEYS = {"id", "title", "body", "language", "collection", "url", "audience", "visibility"}


def of_language(language: str) -> list[Article]:
    return [article for article in articles() if article.language == language]


def test_every_line_has_exactly_the_keys_that_the_readme_names() -> None:
    for line in read_lines("articles.jsonl"):
        assert set(line) == ARTICLE_KEYS, line["id"]
        assert set(line["audience"]) == {"tiers"}, line["id"]


@pytest.mark.parametrize("attribute", ["id", "url", "title", "body"])
def test_no_two_articles_share(attribute: str) -> None:
    values = [getattr(article, attribute) for article in articles()]
    assert len(values) == len(set(values))


def test_there_are_enough_articles_in_both_languages() -> None:
    assert len(of_language("en")) >= 44
    assert len(of_language("zh-hans")) >= 22
    assert {article.language for article in articles()} == {"en", "zh-hans"}


def test_the_id_tells_the_language() -> None:
    for article in articles():
        assert article.id.startswith("en-" if article.language == "en" else "zh-"), article.id


def test_some_articles_are_for_one_plan_only_in_both_languages() -> None:
    restricted = [article for article in articles() if article.tiers]
    assert len(restricted) >= 5
    assert {article.language for article in restricted} == {"en", "zh-hans"}
    assert {tier for article in restricted for tier in article.tiers} == {"pro", "business"}
    assert {("pro",), ("business",)} <= {article.tiers for article in restricted}


def test_two_articles_are_for_staff_only_and_say_so_first() -> None:
    internal = [article for article in articles() if article.visibility == "internal"]
    assert len(internal) == 2
    for article in internal:
        assert article.body.startswith("For support staff only."), article.id
    assert {article.visibility for article in articles()} == {"public", "internal"}


@pytest.mark.parametrize("article", articles(), ids=lambda article: article.id)
def test_article_is_as_long_as_a_help_article_and_has_sections(article: Article) -> None:
    if article.language == "en":
        assert 150 <= len(article.body.split()) <= 450
    else:
        assert 300 <= len(re.sub(r"\s", "", article.body)) <= 800
        assert len(re.findall(r"[\u4e00-\u9fff]", article.body)) >= 200
    assert article.body.count("\n## ") + article.body.startswith("## ") >= 2


@pytest.mark.parametrize("article", articles(), ids=lambda article: article.id)
def test_tables_have_as_many_cells_in_every_row(article: Article) -> None:
    for table in re.findall(r"(?:^\|.*\n?)+", article.body, flags=re.MULTILINE):
        widths = {line.strip().strip("|").count("|") for line in table.splitlines()}
        assert len(widths) == 1, table


def test_no_address_leads_to_a_real_place() -> None:
    for article in articles():
        text = f"{article.url} {article.body}"
        for host in re.findall(r"(?:https?://|@)([\w.-]+\.\w+)", text):
            assert host == "tovemill.example" or host.endswith(".tovemill.example"), (article.id, host)


def test_the_readme_counts_what_is_there() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    asked = questions()
    answerable = sum(1 for question in asked if question.article_ids)
    restricted = sum(1 for article in articles() if article.tiers)
    assert (
        f"{len(articles())} help articles: {len(of_language('en'))} English, "
        f"{len(of_language('zh-hans'))} Simplified Chinese; {restricted} for some plans only, 2 for staff only"
    ) in readme
    assert (
        f"{len(asked)} questions as customers write them: {answerable} that an article answers, "
        f"{len(asked) - answerable} that none answers"
    ) in readme
