"""Every address of the web process but the webhook door, which `config.asgi` serves before Django."""

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from chatbot.admin.retrieval_trial import retrieval_trial
from config.health import health
from config.static import static_file
from knowledge.admin.kept_answers import kept_answers

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/knowledge/kept-answers/", admin.site.admin_view(kept_answers), name="kept_answers"),
    path("admin/knowledge/retrieval-test/", admin.site.admin_view(retrieval_trial), name="retrieval_trial"),
    path("admin/", admin.site.urls),
    path("desk/", include("chatbot.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", health),
    path("api/v1/", include("knowledge.api.urls")),
    path("api/v1/", include("chatbot.api.urls")),
    path("api/v1/", include("analytics.api.urls")),
    path("api/schema/", staff_member_required(SpectacularAPIView.as_view()), name="schema"),
    path("api/docs/", staff_member_required(SpectacularSwaggerSplitView.as_view(url_name="schema")), name="api-docs"),
    path("", include("analytics.urls")),
    path(f"{settings.STATIC_URL.strip('/')}/<path:path>", static_file),
]
