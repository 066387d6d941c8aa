"""The page of exports, and the download itself: sent as it is read, so memory does not grow with the table."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from analytics.business.reading import Period
from analytics.exports.columns import columns
from analytics.exports.reading import ask, batches, may_export
from analytics.exports.writing import CONTENT_TYPES, pieces, writer_for
from analytics.models import Export

#: Exports of one person that the page lists, and that are kept.
LISTED = 20


class AskForm(forms.Form):
    first = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"}))
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=Export.Format.choices)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and first > last:
            raise forms.ValidationError({"last": _("The last day lies before the first one.")})
        for name, day in (("first", first), ("last", last)):
            if day and not date(2000, 1, 1) <= day <= date(2200, 1, 1):
                raise forms.ValidationError({name: _("Give a day between 2000 and 2200.")})
        return given


@require_http_methods(["GET", "HEAD", "POST"])
def exports_page(request: HttpRequest) -> HttpResponse:
    if not may_export(request.user):
        raise PermissionDenied
    today = timezone.localdate()
    form = AskForm(
        request.POST or None, initial={"first": today - timedelta(days=29), "last": today, "format": Export.Format.CSV}
    )
    if request.method == "POST" and form.is_valid():
        zone = ZoneInfo(settings.TIME_ZONE)
        period = Period(first=form.cleaned_data["first"], last=form.cleaned_data["last"], zone=zone)
        export = ask(
            request.user, begin=period.begin, end=period.end, format=Export.Format(form.cleaned_data["format"])
        )
        return redirect(f"{reverse('exports')}#export-{export.pk}")
    now = timezone.now()
    mine = list(Export.objects.filter(asked_by_id=request.user.pk)[:LISTED])
    context = {
        **admin.site.each_context(request),
        "title": _("Exports of results"),
        "form": form,
        "exports": [{"row": one, "is_cut": one.is_cut(now)} for one in mine],
        "columns": columns(),
        "zone": settings.TIME_ZONE,
    }
    return TemplateResponse(request, "admin/analytics/exports.html", context)


@require_safe
def download(request: HttpRequest, export_id: int) -> HttpResponse | StreamingHttpResponse:
    """`after=N`: only the rows behind conversation N, to continue a download that was cut."""
    if not may_export(request.user):
        raise PermissionDenied
    export = Export.objects.select_related("asked_by").filter(pk=export_id, asked_by_id=request.user.pk).first()
    if export is None:
        raise Http404
    given = request.GET.get("after", "0")
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        return HttpResponse(
            _("after is the number of the last conversation you have, a whole number; leave it out to begin anew.")
            + "\n",
            status=400,
            content_type="text/plain; charset=utf-8",
        )
    after = int(given)
    writer = writer_for(export.format, columns(), is_continued=after > 0)
    name = f"results-{export.pk}" + (f"-after-{after}" if after else "")
    return StreamingHttpResponse(
        _asynchronously(pieces(writer, batches(export, after=after))),
        content_type=CONTENT_TYPES[Export.Format(export.format)],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{export.format}"',
            "Cache-Control": "no-store",
            "X-Export-Rows": str(export.rows),
        },
    )


async def _asynchronously(written: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Django reads a plain iterator to its end before it sends the first byte of it."""
    following = sync_to_async(lambda: next(written, None))
    while (piece := await following()) is not None:
        if piece:
            yield piece
