"""What holds for the questions: honest labels, all articles asked about, nothing copied from the articles."""

import re

import pytest

from tests.unit.knowledge_sample.sample import FOLDER, Question, article, articles, questions, read_lines

#: Questions that an article answers, but one that the person who asks may not see.
WITHHELD = {
    "How many API requests per minute may we send on the Pro plan? We are still comparing vendors.": (
        "en-stock-rate-limits"
    ),
    "What uptime do you promise to Business customers and how much do you credit when you miss it?": "en-stock-sla",
    "Which percentage do Pro users get off in your appliance shop?": "en-stock-trade-discount",
    "We use Okta. Is SCIM provisioning possible, and what has to be mapped?": "en-stock-sso",
    "how many times do you retry a webhook before giving up": "en-stock-webhooks",
    "What first response time do you guarantee us at night if nobody can sell anything?": "en-stock-sla",
    "Business 套餐承诺的可用率是多少？没达到怎么赔？": "zh-stock-sla",
    "Pro 用户在商城买家电打几折？": "zh-stock-trade-discount",
    "how much compensation can your agents give without asking the boss": "en-internal-goodwill",
    "I missed the return deadline by four days because I was in hospital. Can you make an exception for me?": (
        "en-internal-goodwill"
    ),
}


def of_kind(kind: str, language: str | None = None) -> list[Question]:
    return [question for question in questions() if question.kind == kind and language in (None, question.language)]


def plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()


def test_every_line_has_exactly_the_keys_that_the_readme_names() -> None:
    for line in read_lines("questions.jsonl"):
        assert set(line) == {"question", "article_ids", "language", "tier", "kind"}, line


def test_there_are_enough_questions_of_each_kind() -> None:
    assert len(of_kind("answerable")) >= 84
    assert len(of_kind("answerable", "zh-hans")) >= 24
    near, far = of_kind("near"), of_kind("far")
    assert len(near) + len(far) >= 44
    assert len(of_kind("near", "zh-hans")) + len(of_kind("far", "zh-hans")) >= 12
    assert 0.4 <= len(near) / (len(near) + len(far)) <= 0.6


def test_everyday_questions_name_articles_of_their_language_and_none_is_asked_twice() -> None:
    files = {name: read_lines(name) for name in ("everyday.jsonl", "everyday_held_out.jsonl")}
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name, lines in files.items():
        answerable = [line for line in lines if line["article_ids"]]
        assert f"`{name}` | {len(lines)} " in readme and f"{len(answerable)} " in readme
        for line in lines:
            assert bool(line["article_ids"]) == (line["kind"] == "answerable"), line
            assert all(article(one).language == line["language"] for one in line["article_ids"]), line
    texts = [line["question"] for lines in files.values() for line in lines]
    assert len(texts) == len(set(texts)) and not set(texts) & {question.text for question in questions()}


def test_only_answerable_questions_name_articles() -> None:
    assert {question.kind for question in questions()} == {"answerable", "near", "far"}
    for question in questions():
        assert bool(question.article_ids) == (question.kind == "answerable"), question.text


def test_every_named_article_exists_in_the_language_of_the_question() -> None:
    languages = {found.id: found.language for found in articles()}
    for question in questions():
        for article_id in question.article_ids:
            assert languages.get(article_id) == question.language, (question.text, article_id)


def test_nobody_is_answered_from_an_article_that_they_may_not_see() -> None:
    for question in questions():
        for article_id in question.article_ids:
            assert article(article_id).visible_to(question.tier), (question.text, article_id)


def test_every_public_article_is_asked_about() -> None:
    asked_about = {article_id for question in questions() for article_id in question.article_ids}
    assert {found.id for found in articles() if found.visibility == "public"} == asked_about


def test_no_question_is_asked_twice() -> None:
    texts = [plain(question.text) for question in questions()]
    assert len(texts) == len(set(texts))


def test_no_question_is_a_title_or_a_sentence_of_an_article() -> None:
    titles = {plain(found.title) for found in articles()}
    bodies = [plain(found.body) for found in articles()]
    for question in questions():
        text = plain(question.text)
        assert text not in titles, question.text
        if len(text) >= 12:
            assert not any(text in body for body in bodies), question.text


def test_customers_write_short_and_long() -> None:
    words = sorted(len(question.text.split()) for question in of_kind("answerable", "en"))
    assert words[0] <= 3
    assert sum(1 for count in words if count <= 8) >= 20
    assert sum(1 for count in words if count >= 25) >= 20


def test_far_questions_name_none_of_our_products() -> None:
    models = {model for found in articles() for model in re.findall(r"\b[A-Z]{1,2}-\d{2,3}\b", found.body)}
    for question in of_kind("far"):
        assert "tovemill" not in question.text.casefold()
        assert not any(model in question.text for model in models), question.text


@pytest.mark.parametrize(("text", "article_id"), WITHHELD.items(), ids=range(len(WITHHELD)))
def test_what_the_person_may_not_see_does_not_make_a_question_answerable(text: str, article_id: str) -> None:
    question = next(question for question in questions() if question.text == text)
    assert question.kind == "near"
    assert not article(article_id).visible_to(question.tier)


def test_several_questions_about_plan_only_articles_come_from_people_without_a_plan() -> None:
    without_plan = [
        question
        for question in questions()
        if question.text in WITHHELD and question.tier is None and article(WITHHELD[question.text]).tiers
    ]
    assert len(without_plan) >= 4
