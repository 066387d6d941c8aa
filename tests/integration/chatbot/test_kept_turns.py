"""A past turn goes into an evaluation set with one click, and nothing in it names the customer."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatbot.models import Turn
from knowledge.models import Article, KnownQuestion
from sessions_app.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_turn_is_kept_masked_with_its_article_and_the_customers_kind(world) -> None:
    article = Article.objects.get()
    Article.objects.filter(pk=article.pk).update(audience_attributes={"country": "de"})
    conversation = world.asked("I am Anna Schmidt (a.s@example.com). How do I return a blender?")
    attributes = {"country": "de", "shoe_size": "38"}
    Customer.objects.filter(pk=conversation.customer_id).update(name="Anna Schmidt", tier="gold", attributes=attributes)
    world.work(conversation)
    turn = Turn.objects.get()
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    page = f"/admin/chatbot/turn/{turn.pk}/"
    shown = client.get(f"{page}change/")
    keeping = shown.context["keeping"]["question"]
    assert [(number, cited) for number, _, cited in keeping.articles] == [(article.pk, True)]
    kept = client.post(f"{page}keep/", {"set": "Past", "article": [article.pk]})
    assert kept.status_code == 302
    question = KnownQuestion.objects.get()
    assert "return a blender" in question.question
    assert [word for word in ("Anna", "Schmidt", "example.com") if word in question.question] == [], question.question
    assert (question.tier, question.attributes, question.language) == ("gold", {"country": "de"}, "en")
    assert list(question.articles.all()) == [article] and question.expects == "answer"
    client.post(f"{page}keep/", {"set": "Past", "none": "1"})
    question.refresh_from_db()
    assert question.expects == "no_answer" and not question.articles.exists()
    client.post(f"{page}keep/", {"set": "Undecided"})
    assert KnownQuestion.objects.get(question_set__name="Undecided").expects == "open"
    assert "✓ Past" in client.get(f"{page}change/").content.decode()


def test_a_follow_up_is_kept_with_what_it_refers_to(world) -> None:
    conversation = world.asked()
    world.work(conversation)
    world.wrote_on(conversation, "and when?")
    world.work(conversation)
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    client.post(f"/admin/chatbot/turn/{Turn.objects.latest('pk').pk}/keep/", {"set": "Past"})
    question = KnownQuestion.objects.get()
    assert (question.question, question.earlier) == ("and when?", "How do I return a blender?")


def test_keeping_needs_its_right(world) -> None:
    world.work(world.asked())
    client = Client()
    client.force_login(User.objects.create_user("member", is_staff=True))
    assert client.post(f"/admin/chatbot/turn/{Turn.objects.get().pk}/keep/", {"set": "Past"}).status_code == 403
    assert not KnownQuestion.objects.exists()
