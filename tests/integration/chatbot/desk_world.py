"""People at the desk, and items that wait for them without a whole pipeline behind."""

from itertools import count
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from sessions_app.conversations import locked
from sessions_app.models import Conversation, Customer, ReviewItem
from sessions_app.reason_classes import ReasonClass
from sessions_app.reviews import HeldDraft, hold

_NUMBERS = count(1)


def person(name: str, *permissions: str, role: str = "", is_staff: bool = True) -> User:
    """With the rights named (`change_reviewitem`), or those of a role."""
    user: User = User.objects.create_user(name, is_staff=is_staff)  # signs in without a password
    if permissions:
        user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def reviewer(name: str) -> User:
    return person(name, "view_reviewitem", "change_reviewitem", "take_over_conversation")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def waiting(
    question: str = "How?",
    *,
    reason_class: ReasonClass = ReasonClass.LOW_CONFIDENCE,
    scenario: str = "",
    language: str = "en",
    draft: str = "So.",
) -> ReviewItem:
    """A draft that waits in the queue that fits."""
    number = next(_NUMBERS)
    customer = Customer.objects.create(workspace="w", external_id=f"desk-{number}", name=f"Customer {number}")
    conversation = Conversation.objects.create(
        workspace="w", external_id=f"desk-{number}", customer=customer, language=language
    )
    item = hold(
        locked(conversation.pk),
        HeldDraft(
            question=question,
            draft=draft,
            confidence=0.5,
            threshold=0.85,
            reasons=["low_confidence"],
            reason_class=reason_class,
            scenario=scenario,
        ),
    )
    Conversation.objects.filter(pk=conversation.pk).update(state="review")
    return item


def posted(client: Client, item: ReviewItem, verb: str, **fields: Any) -> Any:
    return client.post(f"/desk/items/{item.pk}/{verb}/", fields)
