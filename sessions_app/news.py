"""Announcing changes after the commit; `receivers` tells the open pages."""

from functools import partial

from django.db import transaction

from sessions_app.models import Conversation, ReviewItem
from sessions_app.signals import conversation_changed, review_queue_changed


def tell_item(item: ReviewItem) -> None:
    tell_item_numbered(item.pk)


def tell_item_numbered(item_id: int) -> None:
    transaction.on_commit(partial(review_queue_changed.send, sender=ReviewItem, item_id=item_id))


def tell_conversation(conversation_id: int) -> None:
    transaction.on_commit(
        partial(conversation_changed.send, sender=Conversation, conversation_id=conversation_id), robust=True
    )
