"""Every address of the web process but the webhook door, which `config.asgi` serves before Django."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
