"""Articles that say nearly the same are found, shown side by side, and decided once."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from knowledge import duplicates
from knowledge.audience import Audience
from knowledge.duplicates import compare, keep_both, keep_one, open_pairs, uncompared
from knowledge.errors import PairDecided
from knowledge.models import Article, DuplicatePair
from knowledge.retrieval import search
from knowledge.tasks import compare_articles
from tests.integration.knowledge.shelves import publish

pytestmark = pytest.mark.django_db

REFUND = """You can return a blender within 30 days of buying it. Put it into its box with the receipt and bring it to
any of our shops, or ask us for a label and send it back. We pay the money back to the card that you used within ten
days. For machines that were used for coffee, please empty and dry the tank before you send the parcel."""
KETTLE = "Descale the kettle each month: fill it with water and two spoons of citric acid, boil it once, and rinse it."


@pytest.fixture
def twins() -> tuple[Article, Article]:
    first = publish("Returning a blender", REFUND)
    second = publish(
        "How to return blenders", REFUND.replace("30 days", "14 days").replace("any of our shops", "a shop")
    )
    publish("Descaling a kettle", KETTLE)
    return first, second


@pytest.fixture
def mia(client) -> User:
    mia = User.objects.create_superuser("mia")
    client.force_login(mia)
    return mia


def pairs() -> list[tuple[int, int]]:
    return [(pair.first_id, pair.second_id) for pair in open_pairs()]


def test_only_the_articles_that_say_nearly_the_same_are_paired_and_once(twins) -> None:
    first, second = twins
    assert compare_articles() == 3
    assert pairs() == [(first.pk, second.pk)] and open_pairs().get().overlap > 0.5
    assert compare_articles() == 0 and not uncompared().exists()


def test_articles_of_another_language_drafts_and_short_coincidences_are_no_duplicates() -> None:
    publish("Blender", REFUND)
    publish("Blender", REFUND, language="de", external_id="de")
    draft = publish("Blender", REFUND, external_id="draft")
    Article.objects.filter(pk=draft.pk).update(status="draft")
    compare_articles()
    assert pairs() == []


def test_a_pair_goes_away_when_one_is_rewritten_and_comes_when_it_is_copied(twins) -> None:
    first, second = twins
    compare_articles()
    Article.objects.filter(pk=second.pk).update(body=KETTLE.replace("kettle", "boiler"), title="Boiler")
    duplicates.compare([first.pk])
    from knowledge.ingestion import refresh_article

    refresh_article(Article.objects.get(pk=second.pk))
    assert compare_articles() == 1
    kettle = Article.objects.get(title="Descaling a kettle")
    assert pairs() == [(second.pk, kettle.pk)] or pairs() == [(kettle.pk, second.pk)] or pairs() == []
    assert (first.pk, second.pk) not in pairs()


def test_keeping_one_archives_the_other_and_is_remembered(twins) -> None:
    first, second = twins
    compare_articles()
    mia = User.objects.create_user("mia")
    pair = keep_one(open_pairs().get().pk, second.pk, user=mia)
    first.refresh_from_db()
    assert (first.status, pair.decision, pair.decided_by) == ("archived", "kept_second", mia)
    assert first.history.first().history_change_reason == f"duplicate of article {second.pk}"
    found = search("return a blender", audience=Audience(), language="en").passages
    assert first.pk not in {passage.article_id for passage in found}
    with pytest.raises(PairDecided):
        keep_both(pair.pk, user=mia)


def test_a_pair_of_which_both_are_needed_does_not_come_back(twins) -> None:
    first, second = twins
    compare_articles()
    keep_both(open_pairs().get().pk, user=None)
    compare([first.pk, second.pk])
    assert pairs() == [] and DuplicatePair.objects.count() == 1


def test_the_page_shows_both_with_their_differences_and_keeps_the_chosen_one(client, mia, twins) -> None:
    first, second = twins
    compare_articles()
    page = client.get(reverse("admin:knowledge_duplicatepair_changelist")).content.decode()
    assert "<del>30</del>" in page and "<ins>14</ins>" in page and page.count("Keep this one") == 2
    address = reverse("admin:knowledge_duplicatepair_decide", args=[open_pairs().get().pk])
    for nonsense in ("", "x", "0", str(10**30)):
        client.post(address, {"keep": nonsense})
    assert len(pairs()) == 1
    client.post(address, {"keep": first.pk})
    second.refresh_from_db()
    assert second.status == "archived" and pairs() == []
    told = client.post(address, {"keep": second.pk}, follow=True)
    assert "Somebody has decided" in told.content.decode()


def test_who_may_not_change_articles_cannot_decide(client, twins) -> None:
    compare_articles()
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_duplicatepair"))
    client.force_login(reader)
    page = client.get(reverse("admin:knowledge_duplicatepair_changelist")).content.decode()
    assert "Returning a blender" in page and "Keep this one" not in page
    address = reverse("admin:knowledge_duplicatepair_decide", args=[open_pairs().get().pk])
    assert client.post(address, {"keep": "both"}).status_code == 403
