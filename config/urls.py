"""Every address of the web process but the webhook door, which `config.asgi` serves before Django."""

from django.conf import settings
from django.contrib import admin
from django.urls import path

from config.health import health
from config.static import static_file

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", health),
    path(f"{settings.STATIC_URL.strip('/')}/<path:path>", static_file),
]
