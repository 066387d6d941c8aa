"""What can go wrong with Intercom's REST API, told apart by what to do next.

IntercomError
├── NotSent            the request never left: safe to send again
│   └── RateLimited    wait until `until`, then send again
├── OutcomeUnknown     it may have been carried out: look before sending again
├── PageLimit          a search had more pages than we read: what was read is right, the rest is for the next time
└── Refused            it was read and refused: sending again changes nothing
    └── NotFound       the conversation is gone
"""

from datetime import datetime

from chatbot.errors import ChatbotError


class IntercomError(ChatbotError):
    """Base of Intercom's errors. Messages hold statuses and codes, never bodies."""


class NotSent(IntercomError):
    """No connection could be made."""


class RateLimited(NotSent):
    """Too many calls; Intercom takes the next one at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"rate limit reached until {until:%H:%M:%S}")
        self.until = until


class OutcomeUnknown(IntercomError):
    """A time-out, a broken connection or a server error after the request was sent."""


class PageLimit(IntercomError):
    """There are more pages than one poll reads."""


class Refused(IntercomError):
    """Status 4xx: a setting, a right or the request is wrong."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"Intercom answered {status} {code}".rstrip())
        self.status = status
        self.code = code


class NotFound(Refused):
    """The conversation or contact does not exist any more."""
