from sessions_app.models.audit import AuditEntry
from sessions_app.models.conversation import Author, Conversation, Customer, Effect, Message
from sessions_app.models.handoff import Handoff
from sessions_app.models.preference import Preference
from sessions_app.models.queue import ReviewQueue
from sessions_app.models.review import Macro, ReviewItem, WorkingText, default_queue_id

__all__ = [
    "AuditEntry",
    "Author",
    "Conversation",
    "Customer",
    "Effect",
    "Handoff",
    "Macro",
    "Message",
    "Preference",
    "ReviewItem",
    "ReviewQueue",
    "WorkingText",
    "default_queue_id",
]
