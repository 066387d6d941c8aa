from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.history import KeptRecords


class Collection(models.Model):
    """A shelf of articles that is searched, imported and evaluated as one."""

    name = models.CharField(_("name"), max_length=200)
    #: Put up by an evaluation, and gone after it: no search finds it that does not name it.
    is_throw_away = models.BooleanField(_("throw-away"), default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    history = KeptRecords(excluded_fields=["is_throw_away", "created_at"])

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name"], name="knowledge_collection_name_once")]

    def __str__(self) -> str:
        return self.name
