from django.conf import settings
from django.db import models


class Preference(models.Model):
    """What a colleague has chosen for themselves, on whatever machine they sign in."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="preference"
    )
    language = models.CharField(max_length=16, blank=True)  #: one of LANGUAGES; "": the browser's

    def __str__(self) -> str:
        return f"{self.user_id}: {self.language}"
