"""Django's own signals, passed on in this app's words."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from knowledge.models import Article
from knowledge.signals import announce_article


@receiver([post_save, post_delete], sender=Article, dispatch_uid="knowledge.announce_article")
def article_written(instance: Article, **kwargs: Any) -> None:
    announce_article(instance.pk)
