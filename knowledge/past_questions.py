"""What customers asked lately. This app knows no conversations: the one above says how they are read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from knowledge.audience import Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class PastQuestion:
    text: str
    language: str  #: code; '' where it was not known
    audience: Audience  #: the customer's
    asked_at: datetime
    address: str  #: of the page that tells what became of it; may be ''


#: (since, most) -> the newest questions, newest first.
Reader = Callable[[datetime, int], Iterable[PastQuestion]]

_readers: list[Reader] = []


def read_questions_with(reader: Reader) -> None:
    """Called once, when the app above starts."""
    if reader not in _readers:
        _readers.append(reader)


def past_questions(since: datetime, *, most: int) -> list[PastQuestion]:
    """The newest questions of all readers, at most `most` of each, newest first; none where nobody reads any."""
    found = [question for reader in _readers for question in reader(since, most)]
    return sorted(found, key=lambda question: question.asked_at, reverse=True)
