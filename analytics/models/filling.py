from django.db import models
from django.utils.translation import gettext_lazy as _


class Filling(models.Model):
    """How far the statistics are filled; one row. A crash leaves it where the last finished batch ended."""

    #: Everything that was stored before this moment has been counted.
    counted_until = models.DateTimeField(_("counted until"), null=True)
    #: Inside an unfinished run: until when it goes, and the conversation that it has reached.
    run_until = models.DateTimeField(null=True)
    reached = models.BigIntegerField(default=0)
    #: The zone by whose days `Daily` is added up; "": not yet. Another TIME_ZONE has them added up anew.
    daily_zone = models.CharField(max_length=64, default="", db_default="")
    #: The prices and rates with which costs were last worked out; where they change, costs are worked out again.
    priced_with = models.JSONField(default=list)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="filling_only_one")]

    def __str__(self) -> str:
        return str(self.counted_until)
