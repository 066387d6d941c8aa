"""What the customer wrote, cleaned, and what it says of itself."""

import re
from dataclasses import dataclass

from chatbot.conf import QUESTION_CHARACTERS
from chatbot.intents.guess import Guesser, IntentGuess, no_guess
from chatbot.rules.cleaning import clean
from chatbot.rules.language import language_of
from chatbot.rules.person_wanted import wants_person
from knowledge.injection import HARMLESS, Injection, injection_in
from sessions_app.snapshots import ConversationSnapshot

PERSON_WANTED = "person_wanted"
#: Handing over on a guess asks for more than being the most probable intent.
PERSON_WANTED_PROBABILITY = 0.8

_SPOKEN = re.compile(r"\w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """The question, ready to be searched for."""

    question: str  #: cleaned; at most QUESTION_CHARACTERS characters; may be empty
    language: str  #: of the message, else of the conversation, else the one assumed
    is_language_known: bool  #: False: assumed, so that the next message may correct it
    wants_person: bool
    has_attachment: bool
    is_cut: bool  #: the customer wrote more than was read
    is_first: bool = False  #: nothing was said in this conversation before
    injection: Injection = HARMLESS  #: what in the message gives orders to a language model
    intent: str = ""  #: the intent's name; "" if none fits or no model is active
    intent_probability: float | None = None  #: of the nearest intent, 0..1; None: no model is active
    scenario: str = ""  #: of the intent
    nearest_intent: str = ""  #: the most probable one, even if it does not fit
    intent_model: int | None = None  #: version of the model that guessed


def understand(
    snapshot: ConversationSnapshot,
    *,
    earlier_question: str = "",
    default_language: str = "en",
    guess_intent: Guesser = no_guess,
) -> Understanding:
    """`earlier_question` is what the customer wrote before and still waits for; the new words belong to it."""
    whole = "\n".join(filter(None, (earlier_question, cleaned(snapshot.question))))
    question = whole[:QUESTION_CHARACTERS]
    has_words = bool(_SPOKEN.search(question))
    guess = guess_intent(question) if has_words else None
    known_language = language_of(question) or snapshot.language
    return Understanding(
        question=question if has_words else "",
        language=known_language or default_language,
        is_language_known=bool(known_language),
        wants_person=any(wants_person(message.text) for message in snapshot.waiting) or _surely_wants_person(guess),
        has_attachment=any(message.attachments for message in snapshot.waiting),
        is_cut=len(whole) > QUESTION_CHARACTERS,
        is_first=not snapshot.history and not earlier_question,
        injection=injection_in("\n".join([earlier_question, snapshot.question])),
        intent=guess.intent if guess else "",
        intent_probability=guess.probability if guess else None,
        scenario=guess.scenario if guess else "",
        nearest_intent=guess.nearest if guess else "",
        intent_model=guess.model_version if guess else None,
    )


def _surely_wants_person(guess: IntentGuess | None) -> bool:
    """The team's own examples know more languages than our expressions; a doubt is no reason to hand over."""
    return guess is not None and guess.scenario == PERSON_WANTED and guess.probability >= PERSON_WANTED_PROBABILITY


def cleaned(text: str) -> str:
    """Without quoted mail, signatures, tracking and superfluous blanks."""
    return clean(text).text
