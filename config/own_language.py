"""The language that a person has chosen follows them to every browser they sign in with.

Django keeps the choice in a cookie. Here it is stored with the account as well, and put back when they sign in.
"""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import check_for_language

from sessions_app.models import Preference

_SIGNED_IN: Final = "_language_of_the_account"


class OwnLanguageMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if language := getattr(request, _SIGNED_IN, ""):
            _put_cookie(response, language)
        elif request.method == "POST" and request.path == reverse("set_language"):
            chosen = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
            if chosen is not None and request.user.is_authenticated:
                Preference.objects.update_or_create(user=request.user, defaults={"language": chosen.value})
        return response


def note_language(*, request: HttpRequest | None, user: User, **_: Any) -> None:
    """Receiver of `user_logged_in`: the answer to this request brings the cookie."""
    stored = Preference.objects.filter(user_id=user.pk).values_list("language", flat=True).first()
    if request is not None and stored and check_for_language(stored):
        setattr(request, _SIGNED_IN, stored)


user_logged_in.connect(note_language, dispatch_uid="language of the account")


def _put_cookie(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
