"""Every address of the web process but the webhook door, which `config.asgi` serves before Django."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("desk/", include("chatbot.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
