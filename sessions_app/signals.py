"""What this app announces to the apps above it and to open pages, always after the commit."""

from django.dispatch import Signal

#: An item was put before people, claimed, moved, decided or made obsolete. `item_id`.
review_queue_changed = Signal()
#: Something was said or noted in a conversation, or another holds it now. `conversation_id`.
conversation_changed = Signal()
