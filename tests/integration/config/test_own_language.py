"""A language is chosen once, and is there wherever the same person signs in."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


def signed_in(name: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.post(reverse("admin:login"), {"username": name, "password": "a long secret", "next": "/admin/"})
    return client


@pytest.fixture(autouse=True)
def people() -> None:
    for name in ("mei", "tom"):
        User.objects.create_superuser(name, password="a long secret")


def test_the_chosen_language_follows_a_person_and_nobody_else() -> None:
    client = signed_in("mei")
    assert '<html lang="en"' in client.get("/desk/").content.decode()
    client.post(reverse("set_language"), {"language": "zh-hans", "next": "/desk/"})
    elsewhere = signed_in("mei")
    assert '<html lang="zh-hans"' in elsewhere.get("/desk/").content.decode()
    assert '<html lang="en"' in signed_in("tom").get("/desk/").content.decode()


def test_who_changes_it_again_has_the_newer_one() -> None:
    client = signed_in("mei")
    for language in ("zh-hans", "en"):
        client.post(reverse("set_language"), {"language": language, "next": "/desk/"})
    assert '<html lang="en"' in signed_in("mei").get("/desk/").content.decode()


def test_a_language_that_there_is_not_changes_nothing() -> None:
    client = signed_in("mei")
    client.post(reverse("set_language"), {"language": "tlh", "next": "/desk/"})
    assert '<html lang="en"' in signed_in("mei").get("/desk/").content.decode()


def test_strangers_choose_for_their_browser_only() -> None:
    client = Client()
    assert client.post(reverse("set_language"), {"language": "zh-hans", "next": "/admin/login/"}).status_code == 302
    assert 'lang="zh-hans"' in client.get("/admin/login/").content.decode()
