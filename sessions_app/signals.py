"""What this app announces to the apps above it, always after the commit."""

from django.dispatch import Signal

#: A draft was put before people, decided or made obsolete. No arguments: ask the queue.
review_queue_changed = Signal()
