"""For how many customers the bot answers while a team goes live: always the same ones, and they stay when it grows."""

from typing import Final

from chatbot.experiments.hashing import point

#: Fixed, so that whoever is in 5 % is in 25 %, too, and no experiment draws the same people.
_SALT: Final = "going live"


def is_admitted(customer: str, *, percent: int) -> bool:
    """Whether the bot answers this customer; `percent` of all customers, 0 to 100."""
    return point(_SALT, customer) * 100 < percent
