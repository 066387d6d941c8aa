from django.db import models


class Bookmark(models.Model):
    """How far a reader that comes by the clock has read the turns."""

    name = models.CharField(max_length=50, primary_key=True)
    read_until = models.DateTimeField()  #: turns that ended at or before this were read

    def __str__(self) -> str:
        return f"{self.name}: {self.read_until}"
