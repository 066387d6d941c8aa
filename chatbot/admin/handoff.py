"""A handover as people read it: the packet in words, not as it is stored."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from chatbot.desk.panes import packet_in_words
from sessions_app.admin.conversation import HandoffAdmin
from sessions_app.models import Author, Handoff

admin.site.unregister(Handoff)


@admin.register(Handoff)
class PacketAdmin(HandoffAdmin):
    change_form_template = "admin/handoff.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        handoff = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if isinstance(handoff, Handoff):
            context |= {"handoff": handoff, "packet": packet_in_words(handoff), "history": _history(handoff)}
        return super().change_view(request, object_id, form_url, context)


def _history(handoff: Handoff) -> list[dict[str, str]]:
    """The last turns as they were known then."""
    rows = [row for row in handoff.packet.get("history") or () if isinstance(row, dict)]
    known = dict(Author.choices)
    return [
        {"who": str(known.get(str(row.get("author", "")), row.get("author", ""))), "kind": str(row.get("author", "")),
         "text": str(row.get("text", ""))}
        for row in rows
    ]  # fmt: skip
