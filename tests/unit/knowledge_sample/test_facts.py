"""A price or a time limit that several articles name is the same in all of them."""

import re
from collections import defaultdict

import pytest

from tests.unit.knowledge_sample.sample import article, articles

#: What is named, how it is written in each language (one group), the only right value, in how many articles at least.
FACTS = [
    ("return label fee, EU", r"label fee of €(\d+(?:\.\d\d)?)", "4.95", 4),
    (
        "return label fee, EU, Chinese",
        r"(\d+(?:\.\d\d)?) 欧元的?(?:退货)?标签费|(?:欧盟扣|标签费：欧盟) (\d+(?:\.\d\d)?) 欧元",
        "4.95",
        3,
    ),
    ("freight of a refused parcel", r"freight of €(\d+(?:\.\d\d)?)", "18.50", 2),
    ("freight of a refused parcel, Chinese", r"(\d+(?:\.\d\d)?) 欧元(?:实际)?运费", "18.50", 2),
    ("return window", r"(\d+)-day return window|You have \*\*(\d+) days\*\* from the day of delivery", "30", 2),
    ("sending back after the change window", r"send it back within (\d+) days|收下后 (\d+) 天内退货", "30", 2),
    ("return window, Chinese", r"收到商品之日起 \*\*(\d+) 天\*\*|在 (\d+) 天退货期内", "30", 2),
    (
        "minutes to change an order",
        r"\*\*(\d+) minutes\*\* after you placed|the (\d+)-minute rule|不受 (\d+) 分钟",
        "60",
        3,
    ),
    ("warranty of new appliances", r"(\d)-year warranty|享受 (\d) 年保修", "2", 3),
    ("days to register an appliance", r"(?:registered|do it) within \**(\d+) days", "60", 2),
    (
        "parcel kept at a pickup point",
        r"(?:It is kept|It waits for you) for \**(\d+) days|包裹保留 \*\*(\d+) 天",
        "7",
        3,
    ),
    (
        "bulky delivery",
        r"cost €(\d+(?:\.\d\d)?) and are only delivered|The price is €(\d+(?:\.\d\d)?) per order",
        "24.00",
        2,
    ),
    ("letter parcel for spare parts", r"€(\d+(?:\.\d\d)?) to the Netherlands|只收 (\d+(?:\.\d\d)?) 欧元", "2.95", 3),
    ("trial of Pro", r"Pro for (\d+) days|Pro (\d+) 天", "21", 2),
    ("price of the scanner", r"TS-2 (?:costs €|售价 )(\d+(?:\.\d\d)?)", "129.00", 2),
    ("size of an import", r"At most \*\*(\d+) MB|Imports up to (\d+) MB|不超过 \*\*(\d+) MB|导入 (\d+) MB", "20", 4),
    ("data after deleting a workspace", r"[Dd]ata kept for \*\*(\d+) days|数据保留 \*\*(\d+) 天", "90", 2),
    ("identity check", r"(?:identity takes|This takes|需要) \**(\d+) (?:working days|个工作日\*\*)", "2", 2),
    (
        "support messages",
        r"Chats and e-mails with support \| (\d+)|聊天和邮件 \| (\d+)|kept for (\d+) months\.",
        "24",
        3,
    ),
]


@pytest.mark.parametrize(("name", "pattern", "value", "at_least"), FACTS, ids=[fact[0] for fact in FACTS])
def test_fact_has_one_value_wherever_it_is_named(name: str, pattern: str, value: str, at_least: int) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for one in articles():
        for match in re.finditer(pattern, one.body):
            found[one.id].add(next(group for group in match.groups() if group is not None))
    assert len(found) >= at_least, f"{name} is named in {sorted(found)} only"
    assert {one_value for values in found.values() for one_value in values} == {value}, dict(found)


def test_every_spare_part_has_one_price() -> None:
    listed = {
        row[2]: row[3].removeprefix("€") for row in article("en-spare-parts").table_rows() if row[3].startswith("€")
    }
    assert len(listed) >= 8
    for one in articles():
        for part, price in re.findall(r"([A-Z]{2}-\d{1,2})(?: costs|（| \()€?(\d+(?:\.\d\d)?)", one.body):
            if part in listed:
                assert price == listed[part], (one.id, part)


def test_every_spare_part_that_product_help_names_is_for_sale() -> None:
    listed = {row[2] for row in article("en-spare-parts").table_rows()}
    named = {part for one in articles() for part in re.findall(r"\b(?:LF|BK|GS|WT|FS|BP|HC|CR)-\d{1,2}\b", one.body)}
    assert named <= listed


def test_a_year_of_stock_costs_ten_months() -> None:
    rows = {row[0]: row[1:] for row in article("en-stock-plans").table_rows()}
    monthly = [int(cell.removeprefix("€")) for cell in rows["Per month"]]
    assert [int(cell.removeprefix("€")) for cell in rows["Per year"]] == [10 * price for price in monthly]


def test_the_worked_example_of_an_upgrade_uses_the_prices_of_the_plans() -> None:
    rows = {row[0]: row[1:] for row in article("en-stock-plans").table_rows()}
    _, pro, business = (int(cell.removeprefix("€")) for cell in rows["Per month"])
    difference = f"{(business - pro) * 10 / 30:.2f}"
    assert f"(€{business} − €{pro}) × 10/30 = €{difference}" in article("en-stock-billing").body
    assert f"({business} − {pro}) × 10/30 = {difference} 欧元" in article("zh-stock-billing").body


def test_error_codes_that_articles_mention_are_explained_in_the_list_of_codes() -> None:
    explained = {row[0] for row in article("en-stock-error-codes").table_rows()}
    mentioned = {code for one in articles() for code in re.findall(r"\bS-2\d\d\b(?! to)", one.body)}
    assert mentioned <= explained


def test_the_pickup_and_shipping_articles_agree_on_free_shipping() -> None:
    free_from = {row[0]: row[2] for row in article("en-shipping-rates").table_rows()}
    assert free_from["Netherlands, Belgium, Germany"] == "€60"
    assert "free for orders from €60" in article("en-shipping-pickup-bulky").body
