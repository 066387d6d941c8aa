from django.db import models

from knowledge.models.article import Article


class IndexingProgress(models.Model):
    """How far the indexing of an article is, while it runs, and why the last try failed. Gone when it is done."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True, related_name="indexing")
    done = models.PositiveIntegerField(default=0)  #: chunks with vectors
    total = models.PositiveIntegerField(default=0)  #: chunks
    problem = models.TextField(blank=True)  #: for staff; '' while it runs
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.article_id}: {self.done}/{self.total}"
