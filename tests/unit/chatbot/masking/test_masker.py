"""What a model sees holds no personal data, and what it says back is whole again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.llm.errors import NoAnswer
from chatbot.llm.masked import MaskedModel
from chatbot.llm.model import ChatMessage, ModelReply, Sampling
from chatbot.rules.masking.entities import Entity, EntityType
from chatbot.rules.masking.masker import UnknownPlaceholder, masker_for
from chatbot.rules.masking.policy import DEFAULT_POLICY, DEFAULT_TREATMENTS, MaskingPolicy, Treatment

MESSAGE = (
    "Hi, this is Anna Kowalska, my mail is anna.k@example.org, phone +49 172 3456789. "
    "Please charge 4111 1111 1111 1111 and send it to Hauptstr. 5, 10115 Berlin."
)
PIECES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "anna.k@example.org",
            " +49 172 3456789 ",
            "My name is Anna Kowalska",
            "4111111111111111",
            "[PERSON_1]",
            "\\[EMAIL_1\\]",
            "[email_2]",
            "[ A_1 ]",
            "\\",
            "[",
            "]",
            "GB33BUKB20201555555555",
            "我叫王小明",
            "AT&T <b>",
            " ",
            "\n",
        ]
    ),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


def reply(text: str) -> ModelReply:
    return ModelReply(
        text=text,
        model="m",
        finish_reason="stop",
        prompt_tokens=None,
        completion_tokens=None,
        first_token_milliseconds=1.0,
        milliseconds=2.0,
    )


class Echo:
    """Says what `say` makes of the last message it was given."""

    name = "echo"

    def __init__(self, say=lambda content: content) -> None:
        self.say = say
        self.seen: list[str] = []

    def reply(self, messages, sampling, listener=None):
        self.seen = [message.content for message in messages]
        return reply(self.say(self.seen[-1]))


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
def test_masking_then_restoring_gives_back_the_original(question: str, history: str) -> None:
    masker = masker_for([question, history], policy=DEFAULT_POLICY)
    assert masker.restore(masker.mask(question)) == question
    assert masker.restore(masker.mask(history)) == history


def test_the_model_sees_no_personal_value_and_the_reply_has_them_all() -> None:
    masker = masker_for([MESSAGE], policy=DEFAULT_POLICY)
    model = Echo()
    answer = MaskedModel(model, masker).reply(
        [ChatMessage(role="user", content=MESSAGE)], Sampling(temperature=0.0, maximum_tokens=10)
    )
    for value in ("Anna", "Kowalska", "anna.k@example.org", "3456789", "4111", "Hauptstr"):
        assert value not in model.seen[0]
    assert answer.text == MESSAGE


def test_the_same_value_has_the_same_placeholder_in_question_and_history() -> None:
    masker = masker_for(["Write to anna.k@example.org", "anna.k@example.org is mine"], policy=DEFAULT_POLICY)
    assert masker.mask("anna.k@example.org!") == "[EMAIL_1]!"
    assert masker.counts == {"email": 1}


@pytest.mark.parametrize("written", ["[PERSON_1]", "[person_1]", "\\[PERSON\\_1\\]", "[ PERSON_1 ]"])
def test_a_placeholder_is_recognised_however_the_model_writes_it(written: str) -> None:
    masker = masker_for(["My name is Anna Kowalska."], policy=DEFAULT_POLICY)
    assert masker.restore(f"Hello {written}!") == "Hello Anna Kowalska!"


def test_a_placeholder_that_the_model_makes_up_is_no_answer() -> None:
    masker = masker_for(["My name is Anna Kowalska."], policy=DEFAULT_POLICY)
    with pytest.raises(UnknownPlaceholder):
        masker.restore("Write to [EMAIL_7]")
    with pytest.raises(NoAnswer):
        MaskedModel(Echo(lambda _content: "Write to [EMAIL_7]"), masker).reply(
            [ChatMessage(role="user", content="hi")], Sampling(temperature=0.0, maximum_tokens=10)
        )


def test_a_customer_cannot_smuggle_a_placeholder_in() -> None:
    masker = masker_for(["My name is Anna Kowalska. Say [PERSON_1]."], policy=DEFAULT_POLICY)
    assert masker.mask("Say [PERSON_1].") == "Say [TEXT_1]."
    assert masker.restore("Say [TEXT_1].") == "Say [PERSON_1]."


def test_a_value_is_masked_in_escaped_text_too() -> None:
    policy = MaskingPolicy(treatments={**DEFAULT_TREATMENTS, EntityType.URL: Treatment.MASK})
    masker = masker_for(["see https://a.example/x?b=1&c=2"], policy=policy)
    assert masker.mask("<question>https://a.example/x?b=1&amp;c=2</question>") == "<question>[URL_1]</question>"


def test_an_address_that_holds_the_customers_name_is_masked_whole() -> None:
    masker = masker_for(["Write to jane@example.com, says Jane"], policy=DEFAULT_POLICY, known_names=["Jane Doe"])
    masked = masker.mask("Write to jane@example.com, says Jane")
    assert "example.com" not in masked
    assert "Jane" not in masked
    assert masker.restore(masked) == "Write to jane@example.com, says Jane"


def test_the_customers_own_name_is_masked_in_any_case_and_part() -> None:
    masker = masker_for(["oxalá writes: thanks, from Zyx Oxalá"], policy=DEFAULT_POLICY, known_names=["Zyx Oxalá"])
    assert "oxalá" not in masker.mask("oxalá writes: thanks, from Zyx Oxalá").casefold()


def test_a_kept_kind_stays_and_a_refused_kind_is_told() -> None:
    policy = MaskingPolicy(
        treatments={**DEFAULT_TREATMENTS, EntityType.EMAIL: Treatment.KEEP, EntityType.CARD: Treatment.REFUSE}
    )
    masker = masker_for([MESSAGE], policy=policy)
    assert "anna.k@example.org" in masker.mask(MESSAGE)
    assert masker.refused == (EntityType.CARD,)
    assert "4111" not in masker.mask(MESSAGE)


def test_what_is_searched_for_holds_no_value_and_is_never_empty() -> None:
    masker = masker_for([MESSAGE, "anna.k@example.org"], policy=DEFAULT_POLICY)
    assert "anna" not in masker.hide("Where is the order of anna.k@example.org ?").casefold()
    assert masker.hide("anna.k@example.org") == "[EMAIL_1]"


@pytest.mark.parametrize(
    ("kind", "probability", "set_to", "treatment", "is_unsure"),
    [
        (EntityType.PERSON, 0.4, Treatment.MASK, Treatment.KEEP, True),
        (EntityType.PERSON, 0.5, Treatment.MASK, Treatment.MASK, False),
        (EntityType.PERSON, 0.4, Treatment.KEEP, Treatment.KEEP, False),
        (EntityType.EMAIL, 0.4, Treatment.MASK, Treatment.MASK, False),
    ],
)
def test_what_is_kept_for_being_unsure_is_told_from_what_the_team_keeps(
    kind: EntityType, probability: float, set_to: Treatment, treatment: Treatment, is_unsure: bool
) -> None:
    policy = MaskingPolicy(treatments={kind: set_to})
    entity = Entity(type=kind, start=0, end=4, text="Anna", probability=probability)
    assert (policy.treatment(entity), policy.leaves_unsure(entity)) == (treatment, is_unsure)
