"""What can go wrong in the conductor.

ChatbotError
├── PayloadError              the notification cannot be understood: keep it, show it, do not retry by yourself
├── UnknownWorkspace          its workspace is not connected: connect it, then process again
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
