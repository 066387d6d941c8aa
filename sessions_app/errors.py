"""What can go wrong with conversations.

SessionsError
├── IllegalTransition     a caller's mistake or a lost race: read the conversation again
├── NotVisible            there is no such item, or this person may not see it
├── AlreadyDecided        another person was faster: show what they decided
├── HeldByAnother         a colleague is at it: wait until they leave, or ask them
└── TooLate               the answer has left: send a correction instead
"""


class SessionsError(Exception):
    """Base of this app's errors."""


class IllegalTransition(SessionsError):
    """The conversation may not move from `current` to `wanted`."""

    def __init__(self, current: str, wanted: str) -> None:
        super().__init__(f"a conversation that is {current} cannot become {wanted}")
        self.current = current
        self.wanted = wanted


class NotVisible(SessionsError):
    """No item with this number that the person may see."""

    def __init__(self, item_id: int) -> None:
        super().__init__(f"there is no question {item_id} that you may see")


class AlreadyDecided(SessionsError):
    """The review item was decided, or made obsolete by a newer message, before this decision."""

    def __init__(self, status: str) -> None:
        super().__init__(f"this draft is already {status}")
        self.status = status


class HeldByAnother(SessionsError):
    """A colleague has claimed the item, and the claim has not run out."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} is working on it")
        self.holder = holder


class TooLate(SessionsError):
    """What should be undone has already left, or the conversation has moved on."""
