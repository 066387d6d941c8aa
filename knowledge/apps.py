from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class KnowledgeConfig(AppConfig):
    name = "knowledge"
    verbose_name = _("Knowledge")

    def ready(self) -> None:
        from knowledge import checks, receivers  # noqa: F401  registers the system checks and the receivers
        from knowledge.embedders import ensure_default_embedder

        post_migrate.connect(ensure_default_embedder, sender=self)
