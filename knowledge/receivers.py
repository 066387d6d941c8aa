"""Django's own signals, passed on in this app's words."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from knowledge.models import ApprovedAnswer, Article
from knowledge.signals import announce_article, approved_answer_changed


@receiver([post_save, post_delete], sender=Article, dispatch_uid="knowledge.announce_article")
def article_written(instance: Article, **kwargs: Any) -> None:
    announce_article(instance.pk)


@receiver([post_save, post_delete], sender=ApprovedAnswer, dispatch_uid="knowledge.announce_approved_answer")
def approved_answer_written(instance: ApprovedAnswer, **kwargs: Any) -> None:
    transaction.on_commit(
        partial(approved_answer_changed.send_robust, sender=ApprovedAnswer, approved_answer_id=instance.pk), robust=True
    )
