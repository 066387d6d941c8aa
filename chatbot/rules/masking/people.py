"""Invents people, addresses and firms of many countries, for the name tagger to learn from."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from babel import Locale
from faker import Faker

#: Values by kind, from training_words.txt.
_WORDS: Final = {
    kind: values.split(" | ")
    for kind, _, values in (
        line.partition(" = ")
        for line in Path(__file__).with_name("training_words.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
}


class PeopleMaker:
    """Invents values by kind, of many countries, reproducibly by `seed`."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  # training data, no secret
        Faker.seed(seed)
        self._fakers = [Faker(locale) for locale in _WORDS["locales"]]
        self._chinese = Faker("zh_CN")
        self._english = Faker("en_US")
        territories = [
            name
            for code, name in Locale("en").territories.items()
            if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"}
        ]
        self._countries = [
            *territories,
            "USA",
            "UK",
            "Great Britain",
            "England",
            "Holland",
            "the Netherlands",
            "the USA",
        ]
        self._makers: dict[str, Callable[[], str]] = {
            "name": self._name, "first": lambda: self._of_some_country("first_name"),
            "last": lambda: self._of_some_country("last_name"),
            "street": self._street, "address": self._address, "pobox": self._pobox, "city": self._city,
            "country": lambda: self.random.choice(self._countries), "region": self._region,
            "zip": lambda: self._of_some_country("postcode"), "company": self._company,
            "nationality": lambda: self.random.choice(_WORDS["nationalities"]),
            "title": lambda: self.random.choice(_WORDS["titles"]),
            "job": lambda: self._english.job().split(",")[0], "age": lambda: str(self.random.randint(1, 99)),
            "date": self._date, "year": lambda: str(self.random.randint(1900, 2030)),
            "weekday": lambda: self.random.choice(_WORDS["weekdays"]),
            "phone": lambda: self._of_some_country("phone_number"), "email": lambda: self._of_some_country("email"),
            "card": self._english.credit_card_number, "url": self._english.url,
            "flat": self._flat, "number": lambda: str(self.random.randint(1, 400)), "order": self._order,
            "zh_name": self._chinese.name, "zh_city": self._chinese_city,
            "zh_address": self._chinese_address, "zh_company": self._chinese.company,
        }  # fmt: skip

    def make(self, kind: str) -> str:
        return self._makers[kind]()

    def _faker(self) -> Any:
        return self.random.choice(self._fakers)

    def _of_some_country(self, method: str) -> str:
        """By a country that knows how, else in English: not every locale has postal codes or telephone numbers."""
        faker = self._faker()
        return str(getattr(faker if hasattr(faker, method) else self._english, method)())

    def _name(self) -> str:
        faker = self._faker()
        first, last = faker.first_name(), faker.last_name()
        match self.random.randint(0, 9):
            case 0:
                return f"{first} {self.random.choice('ABCDEFGHJKLMNPRSTVW')} {last}"
            case 1:
                return f"{first} {self.random.choice('ABCDEFGHJKLMNPRSTVW')}. {last}"
            case 2:
                return f"{first} {faker.first_name()} {last}"
            case 3:
                return f"{first} {last} {self._faker().last_name()}"
            case _:
                return f"{first} {last}"

    def _street(self) -> str:
        faker = self._faker()
        number = str(self.random.randint(1, 999))
        street = self._of_some_country("street_name")
        match self.random.randint(0, 7):
            case 0:
                return f"{number} {street}"
            case 1:
                return f"{street} {number}"
            case 2:
                return f"{self.random.randint(100, 99999)} {street} {number}"
            case 3:
                return f"{self.random.randint(1, 99999)} {street} {number} {self._flat()}"
            case 4:
                return str(faker.street_address()).replace("\n", " ")
            case 5:
                return f"{street} {number}{self.random.choice('abcd')}"
            case 6:
                return f"{number} {street}, {self._flat()}"
            case _:
                return street

    def _flat(self) -> str:
        kind = self.random.choice(["Apt.", "Suite", "Unit", "Flat", "Apartment", "Floor"])
        return f"{kind} {self.random.randint(1, 999)}"

    def _address(self) -> str:
        faker, city, code = self._faker(), self._city(), self._of_some_country("postcode")
        state = self._english.state_abbr()
        match self.random.randint(0, 8):
            case 0:
                return str(faker.address())
            case 1:
                return f"{self._street()}\n{city}, {state} {code}"
            case 2:
                return f"{self._street()}, {code} {city}, {self.make('country')}"
            case 3:
                return f"{self._street()}\n {self._flat()}\n {city}\n {self.make('country')}"
            case 4:
                return f"{self._street()}\n{city.upper()}\n, {state}\n {self.make('country')} {code}"
            case 5:
                return f"{self._street()} {city} {code}"
            case 6:
                return f"{self._street()}\n {self._flat()}\n {city.upper()}\n {self.make('country')} {code}"
            case 7:
                return f"{self._street()} {self._flat()} {city} {self._city()}"
            case _:
                return f"{self._street()}, {city}"

    def _pobox(self) -> str:
        state, code = self._english.state_abbr(), self._english.postcode()
        number, box = self.random.randint(100, 9999), self.random.randint(1, 9999)
        return self.random.choice(
            [
                f"P.O. Box {box}\n{self._city()}, {state} {code}",
                f"PO Box {box}, {self._city()} {code}",
                f"PSC {number}, Box {box:04}\nAPO AE {code}",
                f"Unit {number} Box {box}\nDPO AP {code}",
                f"USNS {self._english.last_name()}\nFPO AA {code}",
            ]
        )

    def _city(self) -> str:
        city = self._of_some_country("city")
        return city.upper() if self.random.random() < 0.15 else city

    def _region(self) -> str:
        faker = self._faker()
        for method in ("state", "region", "administrative_unit"):
            if hasattr(faker, method):
                return str(getattr(faker, method)())
        return self._english.state()

    def _company(self) -> str:
        choice = self.random.random()
        if choice < 0.35:
            return self._of_some_country("company")
        if choice < 0.6:
            words = self.random.sample(_WORDS["firm_words"], self.random.randint(1, 3))
            end = self.random.choice(_WORDS["firm_ends"]) if self.random.random() < 0.4 else ""
            return " ".join([*words, end]).strip()
        made = "".join(self.random.sample(_WORDS["syllables"], self.random.randint(2, 4))).capitalize()
        if self.random.random() < 0.3:
            made = f"{made} {self.random.choice(_WORDS['firm_words'])}"
        return f"{made} {self.random.choice(_WORDS['firm_ends'])}" if self.random.random() < 0.3 else made

    def _date(self) -> str:
        day, month, year = self.random.randint(1, 28), self.random.randint(1, 12), self.random.randint(1930, 2030)
        return self.random.choice(
            [
                f"{month}/{day}/{year}",
                f"{day}.{month}.{year}",
                f"{day}/{month}/{year}",
                f"{year}-{month:02}-{day:02}",
                f"{year}-{month:02}-{day:02} {self.random.randint(0, 23):02}:{self.random.randint(0, 59):02}",
                f"{year}-{month:02}-{day:02} {self.random.randint(0, 23):02}:{self.random.randint(0, 59):02}:08",
                f"{_WORDS['months'][month - 1]} {day}, {year}",
                f"{day} {_WORDS['months'][month - 1]} {year}",
                f"{_WORDS['months'][month - 1]} {year}",
                f"{day} {_WORDS['months'][month - 1]}",
            ]
        )

    def _order(self) -> str:
        return self.random.choice(["#", "", "LM-", "ORD-"]) + str(self.random.randint(1_000, 9_999_999))

    def _chinese_city(self) -> str:
        city = str(self._chinese.city_name())
        return city + "市" if self.random.random() < 0.4 else city

    def _chinese_address(self) -> str:
        street = str(self._chinese.street_name())
        number = self.random.randint(1, 999)
        place = f"{self._chinese.province()}{self._chinese.city_name()}市{self._chinese.district()}区"
        where = f"{street}{number}号"
        if self.random.random() < 0.5:
            where += f"{self.random.randint(1, 30)}栋{self.random.randint(1, 6)}单元{self.random.randint(101, 2800)}室"
        return (place if self.random.random() < 0.7 else "") + where
