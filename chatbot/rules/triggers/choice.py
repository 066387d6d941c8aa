"""The customer's answer to "bot or person?"."""

import re
from enum import StrEnum

from chatbot.rules.person_wanted import wants_person


class Choice(StrEnum):
    BOT = "bot"
    PERSON = "person"


_BOT = re.compile(
    r"^\W*(?:(?:the\s+|a\s+)?(?:chat\s?)?bot|robot|assistant|ai|machine|1|one|the\s+first|机器人|机器|自动|智能客服|助手|一)"
    r"(?:\s+(?:please|pls|is\s+fine|is\s+ok))?\W*$",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"^\W*(?:(?:the\s+|a\s+)?(?:person|human|people|colleague|agent|somebody|someone)|2|two|the\s+second|人工|真人|人|同事|二)"
    r"(?:\s+(?:please|pls))?\W*$",
    re.IGNORECASE,
)
#: Nothing longer is a mere choice.
_LONGEST = 40


def choice_of(text: str) -> Choice | None:
    """None if `text` says something else, such as another question."""
    if len(text) <= _LONGEST:
        if _BOT.match(text):
            return Choice.BOT
        if _PERSON.match(text):
            return Choice.PERSON
    return Choice.PERSON if wants_person(text) else None
