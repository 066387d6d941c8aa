"""A field for Markdown: toolbar, text and preview side by side. The preview is made by the server, as articles are."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextareaWidget

from knowledge.rendering import RENDERED_CHARACTERS, safe_html

#: Characters of Markdown that one preview may ask for; the form itself takes more.
_PREVIEWED_CHARACTERS: Final = RENDERED_CHARACTERS


class MarkdownEditor(UnfoldAdminTextareaWidget):
    class Media:
        css = {"all": ("chatbot/pages.css", "knowledge/editor.css")}
        js = ("knowledge/editor.js",)

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 22, "data-markdown": "", **(attrs or {})})

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        area = super().render(name, value, attrs, renderer)
        return render_to_string("knowledge/markdown_editor.html", {"area": area, "preview": safe_html(value or "")})


def preview(request: HttpRequest) -> HttpResponse:
    """The HTML of the Markdown in `body`, harmless; for staff only, which the admin's own address sees to."""
    body = request.POST.get("body", "")
    html = safe_html(body[:_PREVIEWED_CHARACTERS])
    if len(body) > _PREVIEWED_CHARACTERS:
        html += "<p><em>" + _("The preview ends here; the article goes on.") + "</em></p>"
    return HttpResponse(html)
