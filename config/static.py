"""The admin's style sheets and scripts, served by the web process itself: enough for one machine, with DEBUG off.

Behind a real web server `manage.py collectstatic` puts the same files where that server finds them first.
"""

import mimetypes
from pathlib import Path

from asgiref.sync import sync_to_async
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import http_date
from django.views.static import was_modified_since

CACHE_SECONDS = 3600


async def static_file(request: HttpRequest, path: str) -> HttpResponse:
    """A file that one of the apps brings along; never one from elsewhere. 404 otherwise."""
    return await sync_to_async(_static_file, thread_sensitive=False)(request, path)


def _static_file(request: HttpRequest, path: str) -> HttpResponse:
    try:
        found = finders.find(path)
    except SuspiciousFileOperation:  # it would lead out of the app's static folder
        found = None
    if not isinstance(found, str) or not Path(found).is_file():
        raise Http404("no such file")
    file = Path(found)
    changed = file.stat().st_mtime
    if not was_modified_since(request.headers.get("If-Modified-Since"), changed):
        return HttpResponseNotModified()
    kind, encoding = mimetypes.guess_type(file)
    response = HttpResponse(file.read_bytes(), content_type=kind or "application/octet-stream")
    response["Last-Modified"] = http_date(changed)
    response["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    if encoding:
        response["Content-Encoding"] = encoding
    return response
