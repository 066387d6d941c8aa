"""What a colleague has typed and not sent: kept, so that no reload, lost connection or lost claim can lose it."""

from typing import TYPE_CHECKING

from django.utils import timezone

from sessions_app.models import ReviewItem, WorkingText

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def keep_typed(item: ReviewItem, *, user: "User", text: str) -> None:
    """Of this colleague, for this item; what is just the draft need not be kept."""
    text = text.replace("\r\n", "\n").replace("\x00", "")
    if text == item.draft:
        WorkingText.objects.filter(item=item, user=user).delete()
        return
    WorkingText.objects.update_or_create(item=item, user=user, defaults={"text": text, "updated_at": timezone.now()})
