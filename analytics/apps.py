from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Analytics")

    def ready(self) -> None:
        from analytics import receivers  # noqa: F401  # connects them
        from analytics.exports.columns import ADDITIONS
        from analytics.exports.costs import COSTS

        if COSTS not in ADDITIONS:
            ADDITIONS.append(COSTS)
