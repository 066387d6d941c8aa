"""Invented people in sentences of our own: what the name tagger learns from."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pycrfsuite
from babel import Locale
from faker import Faker
from sklearn.linear_model import LogisticRegression

from chatbot.rules.masking.tokens import Token, features_of, tokens_of
from knowledge.minilm import word_ranks
from knowledge.token_states import states_of_spans

TEMPLATES = Path(__file__).with_name("training_templates.txt")

_LOCALES: Final = (
    "en_US en_GB en_CA en_AU en_IE en_IN de_DE de_AT de_CH fr_FR fr_CH es_ES es_MX it_IT nl_NL nl_BE pl_PL sv_SE da_DK"
    " no_NO fi_FI cs_CZ sk_SK hu_HU pt_BR pt_PT hr_HR sl_SI ro_RO tr_TR et_EE lt_LT lv_LV vi_VN id_ID fil_PH en_NZ"
).split()
#: So much of the sentences is written without capitals, as many customers do.
_SMALL_LETTERS: Final = 0.2
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")

_KINDS: Final = {
    "name": "person", "first": "person", "last": "person", "zh_name": "person",
    "street": "address", "flat": "address", "address": "address", "pobox": "address", "zh_address": "address",
    "city": "place", "country": "place", "region": "place", "zh_city": "place", "zip": "zip",
    "company": "organization", "zh_company": "organization",
    "nationality": "nationality", "title": "title", "job": "title", "age": "age",
    "date": "date", "year": "date", "weekday": "date",
}  # fmt: skip
_NATIONALITIES: Final = (
    "German French Spanish Italian Dutch Belgian Austrian Swiss Danish Swedish Norwegian Finnish Icelandic Irish British"
    " English Scottish Welsh Polish Czech Slovak Hungarian Slovenian Croatian Serbian Bosnian Romanian Bulgarian Greek"
    " Turkish Russian Ukrainian Lithuanian Latvian Estonian Portuguese Brazilian Argentinian Chilean Mexican Colombian"
    " Peruvian Venezuelan Cuban American Canadian Australian Japanese Chinese Korean Vietnamese Thai Indian Pakistani"
    " Bangladeshi Nepalese Indonesian Malaysian Filipino Singaporean Israeli Egyptian Moroccan Tunisian Algerian"
    " Nigerian Kenyan Ghanaian Ethiopian Iranian Iraqi Syrian Lebanese Jordanian Georgian Armenian Maltese Cypriot"
    " Albanian Macedonian Luxembourgish Tunisians Germans Americans Italians Russians Canadians Brazilians Danes Swedes Finns"
    " Christian Muslim Jewish Catholic Buddhist Hindu Protestant Christians Muslims Jews Catholics Hindus"
).split()
_TITLES: Final = "Mr. Mrs. Ms. Miss Dr. Mr Mrs Ms Dr Prof. Professor Sir Madam Doctor Judge Captain".split()
_WEEKDAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS: Final = "January February March April May June July August September October November December".split()
_FIRM_WORDS: Final = (
    "Data Health Cloud Labs Energy Systems Analytics Solutions Bank Research Media Capital Food Motors Foods Insurance"
    " Logistics Software Partners Networks Design Studio Group Consulting Robotics Finance Credit Water Green Open"
    " Civic Smart Digital Global Urban Blue Bright Solar Home Trade Market Travel Games Music Sports Learning"
).split()
_FIRM_ENDS: Final = ("Inc", "Inc.", "LLC", "Ltd", "Ltd.", "Corp.", "Corporation", "GmbH", "AG", "Company", "and Company", "B.V.", "S.A.")
_SYLLABLES: Final = (
    "ac al an ar bi bo ca cer ci co da den di do el en er fa fi fo ga gen gi go hi ho in ix ka ki la len li lo lu ma me mi"
    " mo na ne ni no nu o pa pe pi po qu ra re ri ro ru sa se si so su ta te ti to tra tri u va ve vi vo wa xi ya zo"
).split()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledText:
    text: str
    tokens: tuple[Token, ...]
    labels: tuple[str, ...]  #: one a token: O, or B- or I- with the value of an `EntityType`


class PeopleMaker:
    """Invents values by kind, of many countries, reproducibly by `seed`."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  # training data, no secret
        Faker.seed(seed)
        self._fakers = [Faker(locale) for locale in _LOCALES]
        self._chinese = Faker("zh_CN")
        self._english = Faker("en_US")
        territories = [
            name
            for code, name in Locale("en").territories.items()
            if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"}
        ]
        self._countries = [*territories, "USA", "UK", "Great Britain", "England", "Holland", "the Netherlands", "the USA"]
        self._makers: dict[str, Callable[[], str]] = {
            "name": self._name, "first": lambda: self._of_some_country("first_name"), "last": lambda: self._of_some_country("last_name"),
            "street": self._street, "address": self._address, "pobox": self._pobox, "city": self._city,
            "country": lambda: self.random.choice(self._countries), "region": self._region,
            "zip": lambda: self._of_some_country("postcode"), "company": self._company,
            "nationality": lambda: self.random.choice(_NATIONALITIES), "title": lambda: self.random.choice(_TITLES),
            "job": lambda: self._english.job().split(",")[0], "age": lambda: str(self.random.randint(1, 99)),
            "date": self._date, "year": lambda: str(self.random.randint(1900, 2030)),
            "weekday": lambda: self.random.choice(_WEEKDAYS),
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
        return f"{self.random.choice(['Apt.', 'Suite', 'Unit', 'Flat', 'Apartment', 'Floor'])} {self.random.randint(1, 999)}"

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
            words = self.random.sample(_FIRM_WORDS, self.random.randint(1, 3))
            end = self.random.choice(_FIRM_ENDS) if self.random.random() < 0.4 else ""
            return " ".join([*words, end]).strip()
        made = "".join(self.random.sample(_SYLLABLES, self.random.randint(2, 4))).capitalize()
        if self.random.random() < 0.3:
            made = f"{made} {self.random.choice(_FIRM_WORDS)}"
        return f"{made} {self.random.choice(_FIRM_ENDS)}" if self.random.random() < 0.3 else made

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
                f"{_MONTHS[month - 1]} {day}, {year}",
                f"{day} {_MONTHS[month - 1]} {year}",
                f"{_MONTHS[month - 1]} {year}",
                f"{day} {_MONTHS[month - 1]}",
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


def labelled_texts(*, rounds: int, seed: int, ordinary: Sequence[str]) -> Iterator[LabelledText]:
    """Each template `rounds` times with new people, and `ordinary` sentences, in which nobody is named."""
    maker = PeopleMaker(seed)
    templates = [
        line.replace("\\n", "\n")
        for line in TEMPLATES.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    for _round in range(rounds):
        for template in templates:
            text, spans = _filled(template, maker)
            yield _labelled(text.lower() if maker.random.random() < _SMALL_LETTERS else text, spans)
    for text in ordinary:
        yield _labelled(text, [])
        yield _labelled(text.lower(), [])


def _filled(template: str, maker: PeopleMaker) -> tuple[str, list[tuple[int, int, str]]]:
    text, spans, last = "", [], 0
    remembered: dict[str, str] = {}
    for found in _PLACEHOLDER.finditer(template):
        kind = found.group(1)
        value = maker.make(kind).strip()
        if kind in {"first", "last"} and kind in remembered and maker.random.random() < 0.5:
            value = remembered[kind]
        remembered[kind] = value
        text += template[last : found.start()]
        if kind in _KINDS:
            spans.append((len(text), len(text) + len(value), _KINDS[kind]))
        text += value
        last = found.end()
    return text + template[last:], spans


def _labelled(text: str, spans: Sequence[tuple[int, int, str]]) -> LabelledText:
    tokens = tokens_of(text)
    labels = []
    for token in tokens:
        span = next((span for span in spans if span[0] <= token.start < span[1]), None)
        labels.append("O" if span is None else f"{'B' if token.start == span[0] else 'I'}-{span[2]}")
    return LabelledText(text=text, tokens=tuple(tokens), labels=tuple(labels))


def train_field(path: Path, texts: Sequence[LabelledText]) -> None:
    """Writes the conditional random field; the same texts give the same model."""
    trainer = pycrfsuite.Trainer(verbose=False)
    for text in texts:
        trainer.append(features_of(text.tokens, word_ranks()), list(text.labels))
    trainer.set_params(
        {"c1": 0.1, "c2": 0.02, "max_iterations": 120, "feature.minfreq": 3, "feature.possible_transitions": True}
    )
    trainer.train(str(path))


def train_linear(path: Path, texts: Sequence[LabelledText], *, on_text: Callable[[], object] = lambda: None) -> None:
    """Writes the linear model over MiniLM's token states, in half precision."""
    states, labels = [], []
    for text in texts:
        spans = [(token.start, token.end) for token in text.tokens]
        states.append(states_of_spans(text.text, spans).astype(np.float16))
        labels += text.labels
        on_text()
    rows = np.concatenate(states).astype(np.float32)
    means, scales = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    model = LogisticRegression(C=0.02, max_iter=60, tol=1e-3).fit((rows - means) / scales, labels)
    np.savez_compressed(
        path,
        labels=np.array([str(label) for label in model.classes_]),
        weights=model.coef_.astype(np.float16),
        intercepts=model.intercept_.astype(np.float32),
        means=means,
        scales=scales,
    )
