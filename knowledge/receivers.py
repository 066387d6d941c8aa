"""Django's own signals, passed on in this app's words."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from knowledge.caches.answers import forget_all, forget_article
from knowledge.caches.environment import forget_environment
from knowledge.models import ApprovedAnswer, Article
from knowledge.signals import announce_article, approved_answer_changed, article_changed, embedder_switched


@receiver([post_save, post_delete], sender=Article, dispatch_uid="knowledge.announce_article")
def article_written(instance: Article, **kwargs: Any) -> None:
    announce_article(instance.pk)


@receiver(article_changed, dispatch_uid="knowledge.forget_answers_of_article")
def answers_of_a_changed_article_go(article_id: int, **kwargs: Any) -> None:
    forget_article(article_id)


@receiver(embedder_switched, dispatch_uid="knowledge.forget_answers_of_embedder")
def answers_found_by_another_embedder_go(**kwargs: Any) -> None:
    forget_environment()
    forget_all()


@receiver([post_save, post_delete], sender=ApprovedAnswer, dispatch_uid="knowledge.announce_approved_answer")
def approved_answer_written(instance: ApprovedAnswer, **kwargs: Any) -> None:
    transaction.on_commit(
        partial(approved_answer_changed.send_robust, sender=ApprovedAnswer, approved_answer_id=instance.pk), robust=True
    )
