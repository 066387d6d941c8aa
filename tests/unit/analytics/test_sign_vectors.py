"""Chinese questions as vectors of their signs: alike where words are, whatever asks around them, each day the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.topics.evaluation import compared
from analytics.topics.signs import BY_SIGNS, DIMENSIONS, reads_sign_by_sign, sign_vectors

RETURNS = ("请问怎么退货？", "我想退货", "退货要怎么办理", "我要办理退货，可以吗")
INVOICES = ("能开发票吗", "发票什么时候开", "我要一张发票", "请问发票抬头怎么改")
PARCELS = ("快递到哪里了", "快递三天没更新", "我的快递怎么还没到", "快递单号是什么")


@given(st.lists(st.text(max_size=60), max_size=8))
def test_whatever_is_written_has_a_vector_of_length_one_or_none(texts: list[str]) -> None:
    found = sign_vectors(texts)
    assert found.shape == (len(texts), DIMENSIONS)
    assert np.isfinite(found).all()
    for length in np.linalg.norm(found, axis=1):
        assert length == pytest.approx(1.0, abs=1e-4) or length == 0.0
    assert all((one == sign_vectors([text])[0]).all() for one, text in zip(found, texts, strict=True)), "by itself"


def test_what_asks_and_how_it_is_written_makes_no_difference() -> None:
    plain, asking, traditional = sign_vectors(["退货", "请问一下，我要怎么退货呢？", "退貨"])
    assert plain @ asking == pytest.approx(1.0, abs=1e-5)
    assert plain @ traditional == pytest.approx(1.0, abs=1e-5)


def test_three_subjects_become_three_topics() -> None:
    texts = [*RETURNS, *INVOICES, *PARCELS]
    labels = ["returns"] * 4 + ["invoices"] * 4 + ["parcels"] * 4
    found = compared(sign_vectors(texts), labels, days=2, closeness=BY_SIGNS).day_by_day
    assert found.groups == 3
    assert found.purity == 1.0
    assert found.grouped >= 0.9


@pytest.mark.parametrize(
    ("language", "expected"), [("zh", True), ("zh-hans", True), ("ja", True), ("en", False), ("", False)]
)
def test_only_languages_that_the_embedder_cannot_read_are_read_so(language: str, expected: bool) -> None:
    assert reads_sign_by_sign(language) == expected
