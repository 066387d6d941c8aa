"""What can go wrong with conversations.

SessionsError
├── IllegalTransition     a caller's mistake or a lost race: read the conversation again
└── AlreadyDecided        another person was faster: show what they decided
"""


class SessionsError(Exception):
    """Base of this app's errors."""


class IllegalTransition(SessionsError):
    """The conversation may not move from `current` to `wanted`."""

    def __init__(self, current: str, wanted: str) -> None:
        super().__init__(f"a conversation that is {current} cannot become {wanted}")
        self.current = current
        self.wanted = wanted


class AlreadyDecided(SessionsError):
    """The review item was decided, or made obsolete by a newer message, before this decision."""

    def __init__(self, status: str) -> None:
        super().__init__(f"this draft is already {status}")
        self.status = status
