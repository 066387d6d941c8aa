import json

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from chatbot.admin.read_only import ReadOnlyAdmin
from chatbot.intake import process_again
from chatbot.models import InboundEvent
from chatbot.tasks import EnqueueFailed, enqueue_events


@admin.register(InboundEvent)
class InboundEventAdmin(ReadOnlyAdmin):
    """What Intercom sent, as it came; and, where it could not be understood, why."""

    list_display = ("id", "received_at", "topic", "app_id", "status_label", "error")
    list_filter = ("status", "topic", "app_id")
    search_fields = ("notification_id", "topic", "error")
    fields = (
        "topic",
        "app_id",
        "notification_id",
        "status",
        "error",
        "received_at",
        "processed_at",
        "readable_payload",
    )
    readonly_fields = ("readable_payload",)
    actions = ("process_selected_again",)
    show_full_result_count = False
    ordering = ("-id",)

    @display(
        description=_("status"),
        label={
            InboundEvent.Status.RECEIVED: "info",
            InboundEvent.Status.PROCESSED: "success",
            InboundEvent.Status.IGNORED: "",
            InboundEvent.Status.FAILED: "danger",
        },
    )
    def status_label(self, event: InboundEvent) -> tuple[str, str]:
        return event.status, event.get_status_display()

    @admin.display(description=_("payload"))
    def readable_payload(self, event: InboundEvent) -> str:
        try:
            text = json.dumps(json.loads(event.payload), indent=2, ensure_ascii=False)
        except ValueError:
            text = event.payload
        return format_html('<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>', text)

    @action(description=_("Process again"), permissions=["process"])
    def process_selected_again(self, request: HttpRequest, queryset: "QuerySet[InboundEvent]") -> None:
        events = list(queryset[:1000])
        count = process_again(events)
        try:
            enqueue_events([event.pk for event in events])
        except EnqueueFailed:
            messages.warning(request, _("The queue is down; the sweep will process them in a few seconds."))
        messages.success(
            request,
            ngettext(
                "%(count)d notification is processed again.", "%(count)d notifications are processed again.", count
            )
            % {"count": count},
        )

    def has_process_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chatbot.change_inboundevent")
