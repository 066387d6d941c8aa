"""The audit log: a line for each look, claim and decision. Lines are only ever added."""

from typing import TYPE_CHECKING

from sessions_app.models import AuditEntry, ReviewItem

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def note(
    action: AuditEntry.Action,
    *,
    user: "User | None",
    item: ReviewItem | None = None,
    conversation_id: int | None = None,
    **details: int | str | bool | None,
) -> None:
    """Add a line, in the caller's transaction. `user` None is the clock; `details` hold no customer's words."""
    AuditEntry.objects.create(
        user_id=user.pk if user else None,
        user_name=user.get_username()[:150] if user else "",
        action=action,
        item_id=item.pk if item else None,
        conversation_id=item.conversation_id if item else conversation_id,
        details=details,
    )
