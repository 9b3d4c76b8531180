"""The data dictionary of a warehouse as Markdown, with a diagram of its stars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from etl_common.columns import Column
from etl_common.model import Dimension, Fact, LakeTable, Role, Warehouse

__all__ = ["data_dictionary", "star_diagram"]

_KINDS = {
    "type1": "Type 1: attributes are overwritten",
    "type2": "Type 2: a change of an attribute makes a version",
    "mixed": "Type 2 with some Type 1 attributes",
    "junk": "junk: combinations of small codes",
    "calendar": "calendar: one row a day",
    "transaction": "transaction: one row for each event",
    "periodic_snapshot": "periodic snapshot: one row for each period and member",
    "accumulating_snapshot": "accumulating snapshot: one row that is restated as milestones are reached",
}


def data_dictionary(warehouse: Warehouse) -> str:
    """Every table of the warehouse and of the curated lake, with its columns, keys and reasons."""
    parts = [
        f"# Data dictionary: {warehouse.name}\n",
        f"{warehouse.comment}. Generated from the warehouse's declaration by `etl generate`; change that, not this.\n",
        "Types are Redshift's; `varchar(n)` counts bytes. Times are UTC. Key -1 is the unknown member of each dimension.\n",
        "## Star diagram\n",
        star_diagram(warehouse),
        *_section(f"## Dimensions (schema `{warehouse.schema}`)\n", map(_dimension, warehouse.dimensions)),
        *_section(f"## Facts (schema `{warehouse.schema}`)\n", map(_fact, warehouse.facts)),
        *_section("## Curated lake (Iceberg, database `curated`)\n", map(_lake_table, warehouse.sources)),
        "Each dimension is in the lake too, with the same columns and `batch_id`, the batch that changed the row last.\n",
    ]
    return "\n".join(parts)


def star_diagram(warehouse: Warehouse) -> str:
    """A Mermaid entity diagram: an edge for each role of each fact, named by its column."""
    lines = ["```mermaid", "erDiagram"]
    for fact in warehouse.facts:
        for role in fact.roles:
            lines.append(f"    {role.dimension} ||--o{{ {fact.name} : {role.column}")
    for table in warehouse.tables:
        lines.append(f"    {table.name} {{")
        lines += [f"        {_diagram_type(column)} {column.name}{_diagram_key(table, column)}" for column in table.columns]
        lines.append("    }")
    return "\n".join([*lines, "```", ""])


def _diagram_type(column: Column) -> str:
    return column.redshift_type.name


def _diagram_key(table: Dimension | Fact, column: Column) -> str:
    keys = [
        "PK" if column.name in table.primary_key else "",
        "FK" if isinstance(table, Fact) and any(role.column == column.name for role in table.roles) else "",
        "UK" if isinstance(table, Dimension) and column in table.natural_key else "",
    ]
    found = ", ".join(key for key in keys if key)
    return f" {found}" if found else ""


def _section(title: str, texts: Iterable[str]) -> Iterator[str]:
    yield title
    yield from texts


def _dimension(dimension: Dimension) -> str:
    notes = {column.name: "natural key" for column in dimension.natural_key}
    notes |= {column.name: "tracked (Type 2)" for column in dimension.tracked}
    notes |= {column.name: "attribute" if dimension.kind == "calendar" else "Type 1" for column in dimension.type1}
    notes |= {column.name: "derived" for column in dimension.derived}
    facts = [
        f"- Kind: {_KINDS[dimension.kind]}",
        f"- Natural key: {_code(dimension.replace_key)}",
        *(["- Members without a record are inferred from the facts that name them"] if dimension.inferred else []),
        _storage(dimension),
    ]
    return _table(dimension.name, dimension.comment, facts, dimension.columns, {dimension.surrogate_key: "surrogate key"} | notes)


def _fact(fact: Fact) -> str:
    notes = dict.fromkeys(fact.grain, "grain")
    for role in fact.roles:
        note = _role(role)
        notes[role.column] = f"{notes[role.column]}; {note}" if role.column in notes else note
    facts = [f"- Kind: {_KINDS[fact.kind]}", f"- Grain: {_code(fact.grain)}", _storage(fact)]
    return _table(fact.name, fact.comment, facts, fact.columns, notes)


def _role(role: Role) -> str:
    as_of = f", as of `{role.as_of}`" if role.as_of else ""
    return f"[{role.dimension}](#{role.dimension}) by {_code(role.natural_key)}{as_of}"


def _lake_table(table: LakeTable) -> str:
    writes = {"append": "rows are only added", "upsert": "a row is replaced by its newer state", "replace": "rewritten whole"}
    facts = [f"- Key: {_code(table.key)}", f"- Writing: {writes[table.write]}"]
    if table.partitioning:
        facts.append(f"- Partitions: {_code(table.partitioning)}")
    return _table(table.name, table.comment, facts, table.columns, dict.fromkeys(table.key, "key"))


def _table(name: str, comment: str, facts: list[str], columns: Iterable[Column], notes: dict[str, str]) -> str:
    rows = [
        f"| `{c.name}` | {c.redshift_type} | {'yes' if c.nullable else 'no'} | {notes.get(c.name, '')} | {c.comment} |" for c in columns
    ]
    head = ["| column | type | null | role | meaning |", "|---|---|---|---|---|"]
    return "\n".join([f"### {name}\n", f"{comment}.\n", *facts, "", *head, *rows, ""])


def _storage(table: Dimension | Fact) -> str:
    style = {"all": "all nodes", "even": "even"}.get(table.storage.distribution, f"by `{table.storage.distribution}`")
    return f"- Distribution {style}, sorted by {_code(table.storage.sort_key)}: {table.storage.reason}"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
