"""A playbook on a message: its steps in order, asked once, never in circles."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatbot.playbooks.following import STEPS_MOST, Followed, Plan, Step, StepKind, Taken, circle_in, follow

TELL = Step(id=1, kind=StepKind.TELL, text="Be brief.")
ASK = Step(id=2, kind=StepKind.ASK, text="What is your order number?", pattern=r"[a-z]{2}\d{6}", attribute="last_order")
HAND_OFF = Step(id=3, kind=StepKind.HAND_OFF, team_id="7")


def plan(number: int, *steps: Step) -> Plan:
    return Plan(id=number, name=f"plan {number}", steps=steps)


def followed(*steps: Step, said: str = "where is my order", asked: tuple[int, ...] = (), **attributes: str) -> Followed:
    one = plan(1, *steps)
    return follow(one, {1: one}, said=[said], attributes=attributes, asked_before=asked)


def took(result: Followed) -> list[Taken]:
    return [one.taken for one in result.taken]


def test_what_is_missing_is_asked_and_the_steps_after_it_wait() -> None:
    result = followed(TELL, ASK, HAND_OFF)
    assert took(result) == [Taken.TOLD, Taken.ASKED]
    assert result.question == ASK
    assert result.hand_off is None


def test_what_the_customer_wrote_or_we_know_is_not_asked() -> None:
    for result in (
        followed(ASK, HAND_OFF, said="where is ＡＢ123456?"),
        followed(ASK, HAND_OFF, Last_Order="x"),
    ):
        assert took(result) == [Taken.KNOWN, Taken.HANDED_OFF]
        assert result.hand_off == HAND_OFF
    assert took(followed(ASK, last_order="")) == [Taken.ASKED], "an empty attribute is not set"


def test_nothing_is_asked_twice_about_one_question() -> None:
    assert took(followed(ASK, TELL, asked=(2,))) == [Taken.UNANSWERED, Taken.TOLD]
    free = Step(id=4, kind=StepKind.ASK, text="What have you tried?")
    assert took(followed(free, TELL)) == [Taken.ASKED]
    assert took(followed(free, TELL, asked=(4,))) == [Taken.KNOWN, Taken.TOLD]


def test_another_playbook_goes_on_and_one_that_is_off_is_left_out() -> None:
    first = plan(1, TELL, Step(id=5, kind=StepKind.GO_ON, goes_to=2))
    second = plan(2, Step(id=6, kind=StepKind.TELL, text="Then this."))
    both = {1: first, 2: second}
    assert follow(first, both, said=[], attributes={}).guidance == ("Be brief.", "Then this.")
    assert took(follow(first, {1: first}, said=[], attributes={})) == [Taken.TOLD, Taken.MISSING]


@st.composite
def playbooks(draw: st.DrawFn) -> dict[int, Plan]:
    """Any jumps at all, circles included."""
    count = draw(st.integers(1, 5))
    numbers = st.integers(1, count)
    steps = st.one_of(
        st.just(TELL),
        st.just(ASK),
        numbers.map(lambda target: Step(id=9, kind=StepKind.GO_ON, goes_to=target)),
    )
    return {number: plan(number, *draw(st.lists(steps, min_size=1, max_size=5))) for number in range(1, count + 1)}


@given(playbooks())
def test_no_playbooks_however_they_jump_run_for_ever(plans: dict[int, Plan]) -> None:
    result = follow(plans[1], plans, said=["hello"], attributes={})
    assert len(result.taken) <= STEPS_MOST
    assert sum(one.taken == Taken.ASKED for one in result.taken) <= 1


@given(playbooks())
def test_a_circle_is_found_exactly_where_following_the_jumps_comes_back(plans: dict[int, Plan]) -> None:
    edges = {number: [step.goes_to for step in one.steps if step.goes_to] for number, one in plans.items()}
    reached, edge = set(), set(edges[1])
    while edge - reached:
        reached |= edge
        edge = {target for number in reached for target in edges[number]}
    way = circle_in(1, edges)
    assert bool(way) == (1 in reached)
    assert all(target in edges[start] for start, target in pairwise(way))
