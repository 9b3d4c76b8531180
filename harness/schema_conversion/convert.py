"""From a schema that was read to everything that is written of it.

Source ─ names ─ tables (types, defaults, keys) ─ views ─ code, grants ─▶ Conversion ─▶ sql/, dms/, assessment
"""

from __future__ import annotations

import json
from pathlib import Path

from schema_conversion.code_objects import code_findings
from schema_conversion.ddl import create_schema, create_view, table_statements
from schema_conversion.dms_rules import lob_kilobytes, migration_findings, rule_findings, table_mappings, task_settings
from schema_conversion.model import Source
from schema_conversion.names import as_folded
from schema_conversion.tables import convert_tables, names_of
from schema_conversion.target import Conversion
from schema_conversion.views import convert_views

__all__ = ["convert", "written_files"]


def convert(source: Source) -> Conversion:
    """Convert everything; what cannot be is in the findings. Raises UnknownTypeError."""
    names = names_of(source)
    limit = lob_kilobytes(source)
    tables, findings = convert_tables(source, names, limit)
    views, of_views = convert_views(source, names, tables)
    findings += [*of_views, *code_findings(source, names), *migration_findings(source, limit), *rule_findings(tuple(tables))]
    ordered = tuple(sorted(findings, key=lambda finding: (finding.number, finding.path)))
    return Conversion(source, dict(names.schemas), tuple(tables), tuple(views), ordered, limit)


def written_files(conversion: Conversion) -> dict[Path, str]:
    """Path below the output folder -> text: the DDL in the order in which it is run, and DMS's files."""
    return {
        Path("sql/01_schemas.sql"): _script("Schemas", [create_schema(target) for target in conversion.schemas.values()]),
        Path("sql/02_tables.sql"): _script(
            "Tables, those first that others refer to", [one for table in conversion.tables for one in table_statements(table)]
        ),
        Path("sql/03_views.sql"): _script(
            _about_views(conversion), [create_view(view) for view in conversion.views if view.query is not None]
        ),
        Path("dms/table_mappings.json"): _json(table_mappings(conversion)),
        Path("dms/task_settings.json"): _json(task_settings(conversion)),
    }


def _script(about: str, statements: list[str]) -> str:
    return f"-- {about}\n" + "".join(f"\n{statement};\n" for statement in statements)


def _about_views(conversion: Conversion) -> str:
    left = [as_folded(view.name) for view in conversion.views if view.query is None]
    return "Views, those first that others read" + (f"; not translated (see the assessment): {', '.join(left)}" if left else "")


def _json(content: dict[str, object]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
