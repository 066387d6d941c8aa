"""What this app announces to the apps above it and to open pages, always after the commit."""

from django.dispatch import Signal

#: An item was put before people, claimed, moved, decided or made obsolete. `item_id`.
review_queue_changed = Signal()
#: Something was said or noted in a conversation, or another holds it now. `conversation_id`.
conversation_changed = Signal()
#: A page of staff listens to live news from now on, or no more. `kind`: desk or draft. Sent without a database.
socket_opened = Signal()
socket_closed = Signal()
