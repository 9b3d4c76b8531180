"""sql/redshift runs on the local Redshift, and the views say what they should on a small star written out here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from sql.local_warehouse import MIGRATIONS, SQL, LocalWarehouse
from wholesale.warehouse import WAREHOUSE

NATIONS = {1: ("UNITED STATES", "AMERICA"), 2: ("UNITED KINGDOM", "EUROPE"), 3: ("CHINA", "ASIA")}
CITIES = {1: "UNITED ST1", 2: "UNITED KI1", 3: "CHINA    3"}
PARTS = {
    1: ("MFGR#1", "MFGR#12", "MFGR#125"),
    2: ("MFGR#2", "MFGR#22", "MFGR#2221"),
    3: ("MFGR#2", "MFGR#22", "MFGR#2239"),
    4: ("MFGR#1", "MFGR#14", "MFGR#147"),
    5: ("MFGR#3", "MFGR#31", "MFGR#311"),
}
DAYS = [date(1993, 2, 1), date(1994, 1, 20), date(1994, 2, 7), date(1997, 12, 5), date(1998, 3, 1)]
ALWAYS = {"effective_from": "1900-01-01", "effective_to": "9999-12-31", "is_current": True, "is_inferred": False, "is_deleted": False}


@dataclass(frozen=True)
class Line:
    """A line of the small star with what the benchmark asks about it."""

    order_id: int
    day: date
    customer: int
    supplier: int
    part: int
    quantity: int
    discount: int
    is_deleted: bool

    @property
    def revenue(self) -> Decimal:
        return Decimal(1000) * (100 - self.discount) / 100

    @property
    def profit(self) -> Decimal:
        return self.revenue - Decimal(self.part) * 10 * Decimal("0.6") * self.quantity

    @property
    def brand(self) -> str:
        return PARTS[self.part][2]

    @property
    def week(self) -> int:
        return (self.day.timetuple().tm_yday - 1) // 7 + 1


LINES = [
    Line(n, *of, quantity=10 + n % 25, discount=n % 9, is_deleted=n % 7 == 0)
    for n, of in enumerate(product(DAYS, NATIONS, NATIONS, PARTS), 1)
]


def _key(day: date) -> int:
    return int(f"{day:%Y%m%d}")


@pytest.fixture(scope="module")
def star(warehouse: LocalWarehouse) -> LocalWarehouse:
    for day in DAYS:
        calendar = {"date_key": _key(day), "date": day, "month_name": f"{day:%B}", "year": day.year, "month": day.month}
        calendar |= {"year_month": f"{day:%Y-%m}", "year_month_number": int(f"{day:%Y%m}"), "day_of_year": day.timetuple().tm_yday}
        warehouse.insert("dim_date", [calendar | {"week_of_year": (day.timetuple().tm_yday - 1) // 7 + 1}])
    warehouse.insert("dim_currency", [{"currency_key": 1, "currency_code": "USD"}])
    profile = {"order_profile_key": 1, "priority": "1-URGENT", "ship_mode": "AIR", "ship_instructions": "NONE"}
    warehouse.insert("dim_order_profile", [profile])
    for n, (nation, region) in NATIONS.items():
        warehouse.insert("dim_geography", [{"geography_key": n, "nation_id": n, "nation": nation, "region": region}])
        for kind in ("customer", "supplier"):
            warehouse.insert(f"dim_{kind}", [{f"{kind}_key": n, f"{kind}_id": n, "nation_id": n, "city": CITIES[n]} | ALWAYS])
    for n, (manufacturer, category, brand) in PARTS.items():
        levels = {"manufacturer": manufacturer, "category": category, "brand": brand, "retail_price": n * 10}
        warehouse.insert("dim_part", [{"part_key": n, "part_id": n} | levels | ALWAYS])
    for line in LINES:
        keys = {"order_id": line.order_id, "line_number": 1, "order_date_key": _key(line.day), "commit_date_key": _key(line.day)}
        keys |= {"customer_key": line.customer, "part_key": line.part, "supplier_key": line.supplier, "order_profile_key": 1}
        keys |= {"is_deleted": line.is_deleted}
        geography = {"customer_geography_key": line.customer, "supplier_geography_key": line.supplier, "currency_key": 1}
        amounts = {"quantity": line.quantity, "discount": Decimal(line.discount) / 100, "tax": 0, "usd_per_unit": 1}
        amounts |= dict.fromkeys(["extended_price", "extended_price_usd"], 1000)
        amounts |= dict.fromkeys(["net_amount", "gross_amount", "net_amount_usd", "gross_amount_usd"], line.revenue)
        warehouse.insert("fact_order_line", [keys | geography | amounts | {"ordered_at": line.day}])
        late = {"days_past_commit": line.order_id % 3 - 1, "days_to_ship": 2, "days_in_transit": 3}
        shipped = {"ship_date_key": _key(line.day), "receipt_date_key": _key(line.day), "return_date_key": -1, "status": "received"}
        warehouse.insert("fact_fulfilment", [keys | shipped | late | {"package_count": 0, "scan_count": 0}])
    stock = {"snapshot_date_key": _key(DAYS[0]), "available_quantity": 2, "supply_cost": 5, "inventory_value": 10}
    for part, supplier in product(PARTS, NATIONS):
        keys = {"part_id": part, "supplier_id": supplier, "part_key": part, "supplier_key": supplier}
        warehouse.insert("fact_inventory_daily", [stock | keys])
    return warehouse


def test_every_table_has_the_declared_columns_in_order(warehouse: LocalWarehouse) -> None:
    for table in WAREHOUSE.tables:
        for schema in (WAREHOUSE.schema, WAREHOUSE.staging_schema):
            found = warehouse.run(
                "SELECT column_name FROM information_schema.columns "
                f"WHERE table_schema = '{schema}' AND table_name = '{table.name}' ORDER BY ordinal_position"
            )
            assert [name for (name,) in found] == [column.name for column in table.columns], f"{schema}.{table.name}"


def test_applying_everything_again_changes_nothing(warehouse: LocalWarehouse) -> None:
    for path in MIGRATIONS:
        warehouse.apply(path)

    for dimension in WAREHOUSE.dimensions:
        unknown = f"SELECT count(*) FROM warehouse.{dimension.name} WHERE {dimension.surrogate_key} = -1"
        assert warehouse.run(unknown) == [("1",)], dimension.name


def test_maintenance_runs(warehouse: LocalWarehouse) -> None:
    for path in sorted((SQL / "maintenance").glob("*.sql")):
        warehouse.apply(path)


# query -> (which lines, what is summed, by what)
SSB: dict[str, tuple[Callable[[Line], bool], Callable[[Line], Decimal], Callable[[Line], tuple[object, ...]]]] = {
    "q1.1": (lambda x: x.day.year == 1993 and 1 <= x.discount <= 3 and x.quantity < 25, lambda x: Decimal(1000 * x.discount), lambda x: ()),
    "q1.2": (
        lambda x: (x.day.year, x.day.month) == (1994, 1) and 4 <= x.discount <= 6 and 26 <= x.quantity <= 35,
        lambda x: Decimal(1000 * x.discount),
        lambda x: (),
    ),
    "q1.3": (
        lambda x: x.day.year == 1994 and x.week == 6 and 5 <= x.discount <= 7 and 26 <= x.quantity <= 35,
        lambda x: Decimal(1000 * x.discount),
        lambda x: (),
    ),
    "q2.1": (lambda x: x.part == 1 and x.supplier == 1, lambda x: x.revenue, lambda x: (x.day.year, x.brand)),
    "q2.2": (lambda x: x.part == 2 and x.supplier == 3, lambda x: x.revenue, lambda x: (x.day.year, x.brand)),
    "q2.3": (lambda x: x.part == 3 and x.supplier == 2, lambda x: x.revenue, lambda x: (x.day.year, x.brand)),
    "q3.1": (
        lambda x: x.customer == x.supplier == 3 and x.day.year <= 1997,
        lambda x: x.revenue,
        lambda x: (NATIONS[x.customer][0], NATIONS[x.supplier][0], x.day.year),
    ),
    "q3.2": (
        lambda x: x.customer == x.supplier == 1 and x.day.year <= 1997,
        lambda x: x.revenue,
        lambda x: (CITIES[x.customer], CITIES[x.supplier], x.day.year),
    ),
    "q3.3": (
        lambda x: x.customer == x.supplier == 2 and x.day.year <= 1997,
        lambda x: x.revenue,
        lambda x: (CITIES[x.customer], CITIES[x.supplier], x.day.year),
    ),
    "q3.4": (
        lambda x: x.customer == x.supplier == 2 and (x.day.year, x.day.month) == (1997, 12),
        lambda x: x.revenue,
        lambda x: (CITIES[x.customer], CITIES[x.supplier], x.day.year),
    ),
    "q4.1": (
        lambda x: x.customer == x.supplier == 1 and x.part <= 4,
        lambda x: x.profit,
        lambda x: (x.day.year, NATIONS[x.customer][0]),
    ),
    "q4.2": (
        lambda x: x.customer == x.supplier == 1 and x.part <= 4 and x.day.year in (1997, 1998),
        lambda x: x.profit,
        lambda x: (x.day.year, NATIONS[x.supplier][0], PARTS[x.part][1]),
    ),
    "q4.3": (
        lambda x: x.customer == x.supplier == 1 and x.part == 4 and x.day.year in (1997, 1998),
        lambda x: x.profit,
        lambda x: (x.day.year, CITIES[x.supplier], x.brand),
    ),
}


@pytest.mark.parametrize("query", SSB, ids=str)
def test_a_benchmark_query_sums_the_lines_that_it_should(star: LocalWarehouse, query: str) -> None:
    chosen, amount, group = SSB[query]
    expected: dict[tuple[object, ...], Decimal] = {}
    for line in LINES:
        if chosen(line) and not line.is_deleted:
            expected[group(line)] = expected.get(group(line), Decimal(0)) + amount(line)

    found = star.run((SQL / "queries" / "ssb" / f"{query}.sql").read_text("utf-8").split("\n", 1)[1])

    assert expected, "the small star has no line for this query"
    assert {row[:-1]: Decimal(row[-1] or "NaN") for row in found} == {tuple(map(str, key)): value for key, value in expected.items()}


def test_every_benchmark_query_is_tested_and_documented() -> None:
    files = sorted(path.stem for path in (SQL / "queries" / "ssb").glob("*.sql"))
    documented = re.findall(r"^\| Q(\d\.\d) ", (SQL.parents[1] / "docs" / "ssb.md").read_text("utf-8"), re.MULTILINE)

    assert files == sorted(SSB) == sorted(f"q{number}" for number in set(documented))


def test_the_marts_leave_deleted_orders_out(star: LocalWarehouse) -> None:
    kept = [line for line in LINES if not line.is_deleted]

    assert star.run("SELECT count(*) FROM marts.order_line") == [(str(len(kept)),)]
    assert star.run("SELECT sum(order_lines), sum(net_amount_usd) FROM marts.sales_by_month") == [
        (str(len(kept)), f"{sum(line.revenue for line in kept):.4f}")
    ]


def test_sales_are_by_month_region_and_category(star: LocalWarehouse) -> None:
    lines = [x for x in LINES if not x.is_deleted and (x.day, x.customer, x.part) == (DAYS[0], 3, 2)]

    found = star.run(
        "SELECT orders, order_lines, quantity, net_amount_usd, lines_without_rate FROM marts.sales_by_month "
        "WHERE order_month = '1993-02' AND customer_region = 'ASIA' AND category = 'MFGR#22' "
    )

    lines += [x for x in LINES if not x.is_deleted and (x.day, x.customer, x.part) == (DAYS[0], 3, 3)]
    count, quantity, net = len(lines), sum(x.quantity for x in lines), sum(x.revenue for x in lines)
    assert found == [(str(count), str(count), f"{quantity}.00", f"{net:.4f}", "0")]


def test_late_is_a_share_of_the_lines_received(star: LocalWarehouse) -> None:
    lines = [line for line in LINES if not line.is_deleted and line.day == DAYS[0]]
    late = sum(line.order_id % 3 - 1 > 0 for line in lines)

    ((shipped, received, found, share),) = star.run(
        "SELECT lines_shipped, lines_received, lines_late, late_share FROM marts.fulfilment_by_month WHERE ship_month = '1993-02'"
    )

    assert (shipped, received, found) == (str(len(lines)), str(len(lines)), str(late))
    assert float(share or "nan") == pytest.approx(late / len(lines))


def test_inventory_is_by_day_category_and_nation(star: LocalWarehouse) -> None:
    found = star.run(
        "SELECT parts, available_quantity, inventory_value_usd FROM marts.inventory_by_day "
        "WHERE snapshot_date = '1993-02-01' AND category = 'MFGR#22' AND supplier_nation = 'CHINA'"
    )

    assert found == [("2", "4", "20.00")]


def test_analysts_read_the_marts_and_nothing_below(star: LocalWarehouse) -> None:
    may_read = "SELECT has_table_privilege('analysts', '{}', 'select')"

    assert star.run(may_read.format("marts.sales_by_month")) == [("t",)]
    assert star.run(may_read.format("ssb.lineorder")) == [("t",)]
    assert star.run(may_read.format("warehouse.fact_order_line")) == [("f",)]
