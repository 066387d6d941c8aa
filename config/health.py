"""Whether this web process answers at all: for supervisors and load balancers, so it touches nothing else."""

from django.http import HttpRequest, HttpResponse


async def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")
