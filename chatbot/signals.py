"""What this app announces to `analytics`. Receivers must be quick and must not raise."""

from django.dispatch import Signal

#: A webhook was answered. Arguments: `status`, the HTTP status.
webhook_answered = Signal()
#: A turn came to its end. Arguments: `turn`, the stored row.
turn_finished = Signal()
#: A delivery came to its end. Arguments: `delivery`, the stored row.
delivery_finished = Signal()
#: Words of a conversation were redacted, so copies must go. Arguments: `conversation_id`.
words_redacted = Signal()
#: A pool of model servers changed its state, or is slow. Arguments: `change`, a `chatbot.llm.pool_health.Change`.
model_pool_changed = Signal()
#: Calls of models beside the answers of turns were noted. Arguments: `calls`, the stored rows.
model_calls_noted = Signal()
