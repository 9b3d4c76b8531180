"""The nasty schema: everything of it is in the DDL or an action item, the DDL runs, and DMS's files fit it."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pymysql
import pytest

from harness.schema.engines_run import copy_rows, in_mysql, in_redshift, redshift_rows
from localaws.redshift.lexer import split_statements
from localaws.redshift.session import Session
from schema_conversion.actions import ACTIONS
from schema_conversion.assessment import csv_files, summaries
from schema_conversion.convert import convert, written_files
from schema_conversion.exceptions import UnknownDatabaseError
from schema_conversion.model import Database, ForeignKey, Source, Table
from schema_conversion.names import LONGEST_NAME
from schema_conversion.reader import read_source
from schema_conversion.report import as_html
from schema_conversion.tables import in_order
from schema_conversion.target import Conversion

LONG = "の".join(["名前がとても長い表"] * 5)


@pytest.fixture(scope="module")
def made(nasty: Conversion, redshift: Session) -> Conversion:
    """Its DDL run twice, as it was written."""
    files = written_files(nasty)
    for _ in range(2):
        for name in ("01_schemas", "02_tables", "03_views"):
            in_redshift(redshift, *split_statements(files[Path(f"sql/{name}.sql")]))
    return nasty


def test_nothing_is_dropped_silently(nasty: Conversion) -> None:
    (database,) = nasty.source.databases
    said = {(one.category, one.path) for one in nasty.findings}
    tables = {table.source.name: table for table in nasty.tables}

    assert set(tables) | {path[1] for category, path in said if category == "SEQUENCE"} == {table.name for table in database.tables}
    for table in tables.values():
        path = ("Shop-1", table.source.name)
        assert len(table.columns) == len(table.source.columns)
        for index in table.source.indexes:
            kept = index.name == "PRIMARY" or (index.unique and index.covers_whole_columns)
            assert kept or ("INDEX", (*path, index.name)) in said, index.name
        for key in table.source.foreign_keys:
            kept = any(one.table in ("order", "customer") and len(one.columns) == len(key.columns) for one in table.foreign_keys)
            assert kept or ("CONSTRAINT", (*path, key.name)) in said, key.name
        for check in table.source.checks:
            assert ("CONSTRAINT", (*path, check.name)) in said
    for view in nasty.views:
        assert view.query is not None or ("VIEW", ("Shop-1", view.source.name)) in said
    for code in database.code:
        assert (code.category, ("Shop-1", code.name)) in said
    assert {(code.category, code.name) for code in database.code} == {
        ("PROCEDURE", "add up"), ("FUNCTION", "twice"), ("TRIGGER", "stamp"), ("EVENT", "nightly"),
    }  # fmt: skip


# action item -> where it is expected in the nasty schema
EXPECTED = {
    1001: ["Order.doc", "Order.note", "log.text"],
    1002: [f'{LONG}.o"o'],
    1003: [],
    1004: ["Order.shipped"],
    1006: [f'{LONG}.o"o'],
    1008: ["Order.status", "Order.tags"],
    1009: ["Order.took"],
    1013: ["Customer.ID"],
    1101: ["Order.shipped"],
    1102: ["Order.from date"],
    1103: ["Order.kept", "Order.total"],
    1105: ["Order.cheap"],
    1107: ["Order.to customer"],
    1108: ["Customer.last order"],
    1109: ["order.begins"],
    1202: ["Order.words", f'{LONG}.o"o'],
    1301: ["log"],
    1302: ["order", LONG],
    1304: ["versions"],
    1305: ["numbers"],
    1306: ["order", "order.ctid", LONG],
    1401: ["doubled", "over doubled"],
    1402: ["hollow"],
    1601: ["log.reader", "reader"],
    1701: ["log.text"],
}


@pytest.mark.parametrize("number", EXPECTED)
def test_an_action_item_is_where_it_should_be(number: int, nasty: Conversion) -> None:
    assert [".".join(one.path[1:]) for one in nasty.findings if one.number == number] == EXPECTED[number]


def test_rows_of_the_nasty_schema_arrive(made: Conversion, mysql: pymysql.Connection[Any], redshift: Session) -> None:
    for table in made.tables:
        if table.name != "log":  # one of its texts is too long, which is an action item
            copy_rows(mysql, redshift, table)

    assert redshift_rows(redshift, 'SELECT "select", shipped, is_open, took FROM "shop-1"."order" ORDER BY 1') == [
        ("1", None, "f", "10:11:12"),
        ("2", None, "t", "10:11:12"),
        ("4294967295", "2024-01-05", "t", "10:11:12"),
    ]
    assert redshift_rows(redshift, 'SELECT name FROM "shop-1".customer WHERE id = 18446744073709551615') == [
        ('O\'Brien; "--" /* no comment */ # neither',)
    ]
    assert redshift_rows(redshift, 'SELECT "number", "is new" FROM "shop-1"."open orders" ORDER BY 1') == [("2", "0"), ("4294967295", "0")]
    assert redshift_rows(redshift, 'SELECT orders FROM "shop-1"."by name" ORDER BY 1') == [("1",), ("1",)]


def test_keys_identity_and_comments_are_what_redshift_shows(made: Conversion, redshift: Session) -> None:
    shown = redshift_rows(redshift, 'SHOW COLUMNS FROM TABLE "shop-1"."log"')
    keys = {row[3]: row[-4:-2] for row in shown}
    comments = redshift_rows(redshift, "SELECT obj_description('\"shop-1\".\"order\"'::regclass, 'pg_class')")
    redshift.begin()
    in_redshift(redshift, """INSERT INTO "shop-1"."log" (day) VALUES ('2024-01-01')""")
    given = redshift_rows(redshift, """SELECT id FROM "shop-1"."log" WHERE day = '2024-01-01'""")
    redshift.rollback()

    assert keys == {"id": ("0", "1"), "day": ("1", "0"), "text": ("0", "0")}
    assert comments == [("orders; with 'quotes'",)]
    assert [int(number or 0) >= 3 for (number,) in given] == [True]


def test_a_circle_of_foreign_keys_costs_one_of_them() -> None:
    def table(name: str, *others: str) -> Table:
        return Table("d", name, (), foreign_keys=tuple(ForeignKey(f"to_{other}", ("x",), "d", other, ("x",)) for other in others))

    tables = (table("a_child", "b"), table("b", "c", "b"), table("c", "d"), table("d", "b"), table("e", "elsewhere"))
    source = Source("x", "", "", (Database("d", "", "", tables),), False)

    ordered, forbidden = in_order(source)

    assert len(forbidden) == 1
    places = {one.name: place for place, one in enumerate(ordered)}
    for one in tables:
        for key in one.foreign_keys:
            if key.table in places and key.table != one.name and ("d", one.name, key.name) not in forbidden:
                assert places[key.table] < places[one.name], f"{one.name} comes before {key.table}"
    assert ("d", "a_child", "to_b") not in forbidden


def test_names_are_folded_short_and_distinct(nasty: Conversion) -> None:
    names = {table.source.name: table.name for table in nasty.tables}

    assert (names["Order"], names["order"]) == ("order", "order_2")
    assert len(names[LONG].encode()) <= LONGEST_NAME
    assert all(name == name.lower() for name in names.values())


def test_the_table_mappings_take_every_table_and_widen_what_dms_would_spoil(nasty: Conversion) -> None:
    rules = json.loads(written_files(nasty)[Path("dms/table_mappings.json")])["rules"]

    assert [rule["rule-id"] for rule in rules] == [str(place + 1) for place in range(len(rules))]
    assert len({rule["rule-name"] for rule in rules}) == len(rules)
    taken = [rule["object-locator"]["table-name"] for rule in rules if rule["rule-action"] == "include"]
    assert sorted(taken) == sorted(table.source.name for table in nasty.tables)
    widened = {
        (rule["object-locator"]["table-name"], rule["object-locator"]["column-name"]): rule["data-type"]["type"]
        for rule in rules
        if rule["rule-action"] == "change-data-type"
    }
    assert widened == {
        ("Order", "Select"): "int8", ("Order", "parent"): "int8", ("Order", "flags"): "int8", ("Customer", "back"): "int8",
    }  # fmt: skip
    renamed = {tuple(rule["object-locator"].values())[1:]: rule["value"] for rule in rules if rule["rule-action"] == "rename"}
    long = next(table.name for table in nasty.tables if table.source.name == LONG)
    assert renamed == {("order",): "order_2", ("order", "ctid"): "ctid_", (LONG,): long}


def test_wildcards_in_names_are_escaped_and_every_object_has_one_rule(mysql: pymysql.Connection[Any]) -> None:
    in_mysql(mysql, "CREATE OR REPLACE DATABASE wild")
    long = "名" * 60 + "-x"
    in_mysql(mysql, f"CREATE TABLE wild.`a_b` (`100%` int unsigned, `x-y` int unsigned, `oid` int unsigned, `{long}` int)")
    conversion = convert(read_source(mysql, ["wild"], origin="wild"))

    rules = json.loads(written_files(conversion)[Path("dms/table_mappings.json")])["rules"]

    columns = [rule["object-locator"]["column-name"] for rule in rules if rule.get("rule-target") == "column"]
    assert rules[0]["object-locator"] == {"schema-name": "wild", "table-name": "a[_]b"}
    assert columns == ["100[%]", "oid"]
    said = [(one.number, one.path[-1]) for one in conversion.findings if one.number in (1307, 1702)]
    assert said == [(1307, "x-y"), (1307, long), (1702, "oid")]


def test_the_lob_limit_covers_the_longest_value_that_fits(mysql: pymysql.Connection[Any]) -> None:
    in_mysql(mysql, "CREATE OR REPLACE DATABASE lobs")
    in_mysql(mysql, "CREATE TABLE lobs.t (id int PRIMARY KEY, v mediumtext)")
    in_mysql(mysql, "INSERT INTO lobs.t VALUES (1, REPEAT('x', 40961))")

    conversion = convert(read_source(mysql, ["lobs"], origin="lobs"))
    settings = json.loads(written_files(conversion)[Path("dms/task_settings.json")])

    assert settings["TargetMetadata"]["LobMaxSize"] == 41
    assert settings["FullLoadSettings"]["TargetTablePrepMode"] == "TRUNCATE_BEFORE_LOAD"
    assert conversion.tables[0].columns[1].dms.fault == ""


def test_the_three_csvs_have_scts_columns_and_add_up(nasty: Conversion) -> None:
    files = {name: list(csv.DictReader(io.StringIO(text))) for name, text in csv_files(nasty).items()}

    items, summed, counted = files["assessment.csv"], files["assessment_Action_Items_Summary.csv"], files["assessment_Summary.csv"]
    assert list(items[0])[:9] == ["Category", "Occurrence", "Action item", "Subject", "Group", "Description", "Documentation references",
                                  "Recommended action", "Filtered"]  # fmt: skip
    assert len(items) == len(nasty.findings) == sum(int(row["Number of occurrences"]) for row in summed)
    for row in counted:
        kinds = list(row.values())[2:6]
        assert int(row["Number of objects"]) == sum(map(int, kinds)), row["Category"]
    tables = next(row for row in counted if row["Category"] == "TABLE")
    assert int(tables["Number of objects"]) == len(nasty.tables)
    assert next(row for row in counted if row["Category"] == "VIEW")["Objects with complex actions"] == "2"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.references: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.references += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_is_whole_by_itself_and_names_everything(nasty: Conversion) -> None:
    page = _Page()
    page.feed(as_html(nasty))

    text = "".join(page.text)
    assert (page.references, page.open) == ([], [])
    assert all(finding.where in text and finding.description in text for finding in nasty.findings)
    assert all(row.category in text for row in summaries(nasty))
    assert "overflows above 2,147,483,647" in text
    assert "WHILE i < n DO" in text


def test_every_kind_of_action_item_can_be_learnt_from(nasty: Conversion) -> None:
    assert {one.number for one in nasty.findings} <= set(ACTIONS)
    for action in ACTIONS.values():
        assert action.subject
        assert action.recommended.endswith(".")
        assert action.complexity in ("Info", "Simple", "Medium", "Complex")


def test_a_database_that_is_not_there_is_named_with_those_that_are(mysql: pymysql.Connection[Any], nasty: Conversion) -> None:
    with pytest.raises(UnknownDatabaseError, match=r"no database shop\. It has: .*Shop-1"):
        read_source(mysql, ["shop"], origin="x")


def test_tables_that_are_left_out_are_not_converted(mysql: pymysql.Connection[Any], nasty: Conversion) -> None:
    fewer = convert(read_source(mysql, ["Shop-1"], origin="x", exclude=["Shop-1.log"]))

    assert {table.source.name for table in nasty.tables} - {table.source.name for table in fewer.tables} == {"log"}
