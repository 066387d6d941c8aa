from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.models import Delivery
from chatbot.tasks import enqueue_conversation_quietly


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """The outbox: every call to Intercom, what became of it, and how often it was tried."""

    list_display = ("id", "created_at", "kind", "conversation", "status_label", "attempts", "sent_at", "error")
    list_filter = ("status", "kind")
    list_select_related = ("conversation__customer",)
    search_fields = ("conversation__external_id", "error")
    actions = ("send_again",)
    show_full_result_count = False
    ordering = ("-id",)

    @display(
        description=_("status"),
        label={
            Delivery.Status.PENDING: "info",
            Delivery.Status.SENDING: "info",
            Delivery.Status.SENT: "success",
            Delivery.Status.WITHHELD: "warning",
            Delivery.Status.FAILED: "danger",
        },
    )
    def status_label(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.status, delivery.get_status_display()

    @action(description=_("Send the refused ones again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: "QuerySet[Delivery]") -> None:
        failed = queryset.filter(status=Delivery.Status.FAILED)
        conversation_ids = set(failed.values_list("conversation_id", flat=True))
        now = timezone.now()
        # SENDING, not PENDING: whether an earlier try left something behind is looked up first.
        count = failed.update(status=Delivery.Status.SENDING, next_attempt_at=now, created_at=now, error="")
        for conversation_id in conversation_ids:
            enqueue_conversation_quietly(conversation_id)
        messages.success(
            request,
            ngettext("%(count)d delivery is sent again.", "%(count)d deliveries are sent again.", count)
            % {"count": count},
        )

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chatbot.change_delivery")
