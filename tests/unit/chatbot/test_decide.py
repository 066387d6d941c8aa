"""Each rule of the decision, and their order."""

from dataclasses import replace

import pytest

from chatbot.pipeline.decide import REASONS_IN_WORDS, Action, Decision, Policy, Reason, decide, needs_no_draft
from chatbot.pipeline.generate import EXTRACTIVE, Draft
from chatbot.pipeline.support import check
from chatbot.pipeline.understand import Understanding
from knowledge.retrieval import Passage

PASSAGE = Passage(
    chunk_id=1, article_id=1, article_external_id="a", article_title="Returns", article_url="", heading_path="",
    text="Send it back.", start=0, end=13, language="en", internal=False, similarity=0.9, lexical_score=0.9, score=0.9,
    rank=1,
)  # fmt: skip
ASKED = Understanding(
    question="How do I return it?",
    language="en",
    is_language_known=True,
    wants_person=False,
    has_attachment=False,
    is_cut=False,
)
DRAFT = Draft(text="Send it back.", cited=(PASSAGE,), answerer=EXTRACTIVE, reply=None, failure="")
NOTHING = replace(DRAFT, text="", cited=())


def decided(
    understanding: Understanding = ASKED, draft: Draft = DRAFT, *, confidence: float = 0.9, waiting: bool = False
) -> Decision:
    return decide(understanding, draft, confidence=confidence, policy=Policy(threshold=0.85), is_draft_waiting=waiting)


@pytest.mark.parametrize(
    ("decision", "action", "reason"),
    [
        (decided(), Action.ANSWER, Reason.CONFIDENT),
        (decided(confidence=0.85), Action.ANSWER, Reason.CONFIDENT),
        (decided(confidence=0.8499), Action.HOLD, Reason.LOW_CONFIDENCE),
        (decided(waiting=True), Action.HOLD, Reason.DRAFT_WAITING),
        (decided(draft=NOTHING), Action.HOLD, Reason.KNOWLEDGE_MISSING),
        (decided(replace(ASKED, is_cut=True)), Action.HOLD, Reason.TOO_LONG),
        (decided(replace(ASKED, language="zh-hans")), Action.HOLD, Reason.OTHER_LANGUAGE),
        (decided(replace(ASKED, language="en-gb")), Action.ANSWER, Reason.CONFIDENT),
        (decided(replace(ASKED, language="")), Action.ANSWER, Reason.CONFIDENT),
        (decided(replace(ASKED, wants_person=True)), Action.HAND_OVER, Reason.CUSTOMER_ASKED),
        (decided(replace(ASKED, question="hello")), Action.GREET, Reason.GREETING),
        (decided(replace(ASKED, question="thanks!")), Action.STAY_SILENT, Reason.THANKS),
        (decided(replace(ASKED, question="")), Action.STAY_SILENT, Reason.NOTHING_ASKED),
        (decided(replace(ASKED, question="", is_first=True)), Action.GREET, Reason.NOTHING_ASKED),
        (decided(replace(ASKED, question="", has_attachment=True)), Action.HOLD, Reason.ONLY_ATTACHMENT),
        (decided(replace(ASKED, question="thanks!", has_attachment=True)), Action.ANSWER, Reason.CONFIDENT),
    ],
)
def test_each_rule(decision: Decision, action: Action, reason: Reason) -> None:
    assert (decision.action, decision.reasons) == (action, (reason,))


def test_a_person_asked_for_comes_before_everything_else() -> None:
    worst = replace(ASKED, question="", wants_person=True, is_cut=True, has_attachment=True, language="zh-hans")
    assert decided(worst, NOTHING, confidence=0.0, waiting=True).action == Action.HAND_OVER


def test_what_is_missing_comes_before_what_is_doubtful() -> None:
    cut = replace(ASKED, is_cut=True, language="zh-hans")
    assert decided(cut, NOTHING, confidence=0.0).reasons == (Reason.KNOWLEDGE_MISSING,)
    assert decided(cut, confidence=0.5).reasons == (Reason.TOO_LONG,)
    assert decided(replace(cut, is_cut=False), confidence=0.5).reasons == (Reason.OTHER_LANGUAGE,)
    assert decided(confidence=0.5, waiting=True).reasons == (Reason.LOW_CONFIDENCE,)


def test_a_draft_without_hope_counts_as_nothing_found() -> None:
    hopeless = decided(confidence=0.1)
    assert hopeless.reasons == (Reason.KNOWLEDGE_MISSING,)
    assert not hopeless.draft_is_worth_showing


def test_a_draft_written_for_colleagues_is_held_however_sure_the_bot_is() -> None:
    told = replace(DRAFT, text="Warn the customer that the card will be locked.")
    assert decided(draft=told, confidence=0.99).reasons == (Reason.STAFF_TEXT,)


def test_a_model_translates_so_its_passages_may_be_in_another_language() -> None:
    assert decided(replace(ASKED, language="zh-hans"), replace(DRAFT, answerer="gpt-oss")).action == Action.ANSWER


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Schicken Sie uns das Gerät innerhalb von 30 Tagen zurück.", True),
        ("Das Gerät Cirrus Pro kostet 49 EUR, Cirrus Air kostet 59 EUR und Cirrus Mini kostet 69 EUR.", True),
        ("Cirrus Pro, Cirrus Air and Cirrus Mini cost 49, 59 and 69 EUR.", False),
    ],
)
def test_a_draft_in_another_language_is_held_even_where_names_and_numbers_bear_it_out(text: str, held: bool) -> None:
    prices = replace(PASSAGE, text="Cirrus Pro, Cirrus Air and Cirrus Mini cost 49, 59 and 69 EUR.")
    checked = replace(check(f"{text} [1]", [prices], told="How much?"), stands=True)
    reasons = decided(draft=replace(DRAFT, text=text, cited=(prices,), answerer="gpt-oss", checked=checked)).reasons
    assert reasons[0] == (Reason.DRAFT_LANGUAGE if held else Reason.CONFIDENT)


def test_a_quotation_in_the_articles_language_is_held_from_who_reads_another() -> None:
    english = "Send it back within thirty days and we will refund the whole price to your card."
    passage = replace(PASSAGE, text=english)
    checked = check(f"{english} [1]", [passage], told="")
    draft = replace(DRAFT, text=english, cited=(passage,), answerer="gpt-oss", checked=checked)
    assert decided(replace(ASKED, language="de"), draft).reasons == (Reason.DRAFT_LANGUAGE,)


def test_a_failed_model_is_told_beside_the_reason() -> None:
    assert decided(draft=replace(DRAFT, failure="down")).reasons == (Reason.CONFIDENT, Reason.MODEL_FAILED)


def test_a_decision_carries_what_it_was_measured_against() -> None:
    assert (decided().confidence, decided().threshold) == (0.9, 0.85)


def test_searching_is_spared_exactly_where_no_draft_is_needed() -> None:
    assert needs_no_draft(replace(ASKED, wants_person=True))
    assert needs_no_draft(replace(ASKED, question="hello"))
    assert not needs_no_draft(ASKED)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words(reason: Reason) -> None:
    words = str(REASONS_IN_WORDS[reason])
    assert words.endswith(".")
    assert len(words) > 15
