"""Articles for the tests of this folder, published and indexed."""

from knowledge.ingestion import refresh_article
from knowledge.models import Article, Collection


def publish(title: str, body: str, *, collection: str = "help", **fields: object) -> Article:
    shelf, _ = Collection.objects.get_or_create(name=collection)
    fields = {"language": "en", "status": "published", "external_id": title} | fields
    article = Article.objects.create(collection=shelf, title=title, body=body, **fields)
    refresh_article(article)
    article.refresh_from_db()
    return article
