from django.db import models
from django.utils.translation import gettext_lazy as _


class Embedder(models.Model):
    """A model that makes vectors. Several stand side by side; exactly one answers searches."""

    #: Given by hand (see embedders.py), because the index that belongs to it carries it in its name and condition.
    id = models.PositiveSmallIntegerField(primary_key=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    dimensions = models.PositiveIntegerField(_("dimensions"))
    is_active = models.BooleanField(_("answers searches"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("embedder")
        verbose_name_plural = _("embedders")
        constraints = [
            models.UniqueConstraint(fields=["name"], name="knowledge_embedder_name_once"),
            models.UniqueConstraint(
                fields=["is_active"], condition=models.Q(is_active=True), name="knowledge_embedder_one_active"
            ),
        ]

    def __str__(self) -> str:
        return self.name
