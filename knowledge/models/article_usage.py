from django.db import models

from knowledge.models.article import Article


class ArticleUsage(models.Model):
    """How often an article was found for a question, and cited in a draft, on one day (UTC)."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="usage", db_index=False)
    day = models.DateField()
    found = models.PositiveIntegerField(default=0)  #: turns among whose passages it was
    cited = models.PositiveIntegerField(default=0)  #: turns whose draft rests on it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "day"], name="knowledge_articleusage_once_a_day")]

    def __str__(self) -> str:
        return f"{self.article_id} {self.day}: {self.found}/{self.cited}"
