"""What can go wrong in the conductor.

ChatbotError
├── PayloadError              the notification cannot be understood: keep it, show it, do not retry by yourself
├── UnknownWorkspace          its workspace is not connected: connect it, then process again
├── ChangeUnusable            a change that cannot be tried: the message says what to do
├── TrialRefused              no trial is begun now: the message says why
├── ExperimentRefused         an experiment is not started or stopped: the message says why
├── CannotRead                (chatbot.reading) a conversation that no model can judge: the message says why
├── GateNotPassed             a change that goes live only after its gate: try it, or let a person say why it may
├── IntercomError             (chatbot.intercom.errors)
├── IntentsError              (chatbot.intents.errors)
└── ModelError                (chatbot.llm.errors)
"""


class ChatbotError(Exception):
    """Base of this app's errors."""


class PayloadError(ChatbotError):
    """A field of a notification is missing or has the wrong shape; the message names its path."""


class UnknownWorkspace(ChatbotError):
    """No connected workspace has this app_id."""

    def __init__(self, app_id: str) -> None:
        super().__init__(f"workspace {app_id or '(none named)'} is not connected; add it under Intercom workspaces")
        self.app_id = app_id


class ChangeUnusable(ChatbotError):
    """A change cannot be tried as it is; the message is for staff."""


class TrialRefused(ChatbotError):
    """No trial is begun now; the message is for staff."""


class ExperimentRefused(ChatbotError):
    """An experiment cannot be started or stopped now; the message is for staff."""


class GateNotPassed(ChatbotError):
    """A gate guards this change and it has not passed; `address` is the page that says what is missing."""

    def __init__(self, words: str, *, address: str) -> None:
        super().__init__(words)
        self.address = address
