"""News of the desk in one process: every page gets it once and in order, and a page too slow for it reads anew."""

import asyncio
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sessions_app.conf import MAILBOX_NEWS
from sessions_app.desk_news import Mailbox, News


def row(number: int, queue: int = 1) -> dict[str, Any]:
    return {"id": number, "queue": queue, "assigned_to": None, "question": "在哪里？"}


def taken(mailbox: Mailbox, count: int) -> list[News | None]:
    async def take() -> list[News | None]:
        return [await asyncio.wait_for(mailbox.next(), 1.0) for _ in range(count)]

    return asyncio.run(take())


def test_the_row_goes_to_those_who_may_see_it_and_its_number_to_the_others() -> None:
    news = News.of(row(7))
    assert json.loads(news.shown) == {"type": "item", "row": row(7)}
    assert json.loads(news.gone) == {"type": "gone", "item": 7}


@given(st.lists(st.integers(min_value=1, max_value=99), max_size=MAILBOX_NEWS))
def test_what_fits_into_a_mailbox_comes_out_in_order(numbers: list[int]) -> None:
    mailbox = Mailbox()
    for number in numbers:
        mailbox.put(News.of(row(number)))
    assert [json.loads(one.shown)["row"]["id"] for one in taken(mailbox, len(numbers)) if one] == numbers


@given(st.integers(min_value=1, max_value=40))
def test_a_page_that_falls_behind_is_told_to_read_anew_and_then_what_came_after(more: int) -> None:
    mailbox = Mailbox()
    for number in range(MAILBOX_NEWS + more):
        mailbox.put(News.of(row(number)))
    first, *rest = taken(mailbox, more)
    assert first is None
    assert [json.loads(one.shown)["row"]["id"] for one in rest if one] == list(
        range(MAILBOX_NEWS + 1, MAILBOX_NEWS + more)
    )


def test_lost_news_makes_what_waits_worthless() -> None:
    mailbox = Mailbox()
    mailbox.put(News.of(row(1)))
    mailbox.read_anew()
    assert taken(mailbox, 1) == [None]
