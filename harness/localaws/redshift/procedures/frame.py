"""A block's variables on the machine: declaring, evaluating, storing."""

from __future__ import annotations

from collections.abc import Sequence

from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.procedures.machine import Machine
from localaws.redshift.procedures.tree import Declaration, Text
from localaws.redshift.procedures.values import Column, Result, fits
from localaws.redshift.procedures.variables import Record, Scope, Variable, bound

__all__ = ["Frame", "Left", "Returned"]

_TEXT = "varchar(65535)"


class Left(Exception):
    """EXIT or CONTINUE, on its way to its loop."""

    def __init__(self, again: bool, label: str) -> None:
        self.again, self.label = again, label
        super().__init__(label)


class Returned(Exception):
    """RETURN."""


class Frame:
    """The scope of a block of the procedure `name`."""

    def __init__(self, machine: Machine, scope: Scope, name: str) -> None:
        self.machine, self.scope, self.name = machine, scope, name

    def inside(self) -> Frame:
        """A frame for a block within."""
        return Frame(self.machine, Scope(self.scope), self.name)

    def declare(self, declaration: Declaration) -> None:
        """Adds a variable with its first value."""
        name = declaration.name
        if declaration.kind == "record":
            record = Record(name)
            if declaration.like:
                record.fields = {column.name: Variable(column.name, column.type) for column in self._columns_of(declaration.like)}
            return self.scope.add(name, record)
        if declaration.kind == "alias":
            found = self.scope.find(declaration.alias)
            if found is None:
                raise RedshiftError(f'variable "{declaration.alias}" does not exist', "42704")
            return self.scope.add(name, found)
        if declaration.kind == "cursor":
            return self.scope.add(name, Variable(name, _TEXT, cursor=declaration))
        variable = Variable(name, self._type(declaration))
        if declaration.default is not None:
            self.set(variable, self.value(declaration.default, variable.type))
        variable.constant, variable.required = declaration.constant, declaration.required
        if variable.required and variable.text is None:
            raise RedshiftError(f'null value cannot be assigned to variable "{name}" declared NOT NULL', "22004")
        return self.scope.add(name, variable)

    def _type(self, declaration: Declaration) -> str:
        if not declaration.like:
            return _TEXT if declaration.type.strip().lower() in ("varchar", "text", "character varying") else declaration.type
        other = self.scope.value(declaration.like) if len(declaration.like) < 3 else None
        if other is not None:
            return other.type
        *table, column = declaration.like
        found = [one.type for one in self._columns_of(table) if one.name == column]
        if not found:
            raise RedshiftError(f'column "{column}" of relation "{".".join(table)}" does not exist', "42703")
        return found[0]

    def _columns_of(self, table: Sequence[str]) -> tuple[Column, ...]:
        quoted = ".".join('"' + part.replace('"', '""') + '"' for part in table)
        return self.machine.run(f"SELECT * FROM {quoted} WHERE false", {}).columns

    def query(self, text: Text, most: int | None = None) -> Result:
        """A query or a change of data, with variables as parameters."""
        return self.machine.run(*bound(text, self.scope), most)

    def literal(self, text: Text) -> str:
        """The SQL with variables as literals."""
        return bound(text, self.scope, literal=True)[0]

    def value(self, text: Text, kind: str) -> str | None:
        """An expression in the type of a variable; a text too long for it is an error, as in an assignment."""
        if not text.tokens:
            raise RedshiftError("an expression was expected", "42601")
        sql, values = bound(text, self.scope)
        last = self.machine.last
        found = self.machine.run(f"SELECT {sql} AS assigned", values, 2)
        self.machine.last = last  # ROW_COUNT is that of statements
        if len(found.rows) > 1:
            raise RedshiftError("query returned more than one row", "21000")
        return self.converted(Variable("", kind), found.columns[0], found.rows[0][0] if found.rows else None)

    def converted(self, variable: Variable, column: Column, value: str | None) -> str | None:
        """A value of a column in the type of a variable."""
        done, text = fits(variable.name, variable.type, column, value)
        if done:
            return text
        source = _TEXT if column.type == "numeric" else column.type
        last = self.machine.last
        row = self.machine.run(f"SELECT CAST(CAST(:given AS {source}) AS {variable.type}) AS assigned", {"given": value}, 1).rows[0]
        self.machine.last = last
        return row[0]

    def holds(self, condition: Text) -> bool:
        """Whether a condition is true; NULL is not."""
        return self.value(condition, "boolean") == "t"

    def shown(self, text: Text) -> str:
        """A value as RAISE writes it."""
        found = self.value(text, _TEXT)
        return "<NULL>" if found is None else found

    def target(self, path: Sequence[str]) -> Variable | Record:
        """What is to be assigned."""
        found = self.scope.value(path) or (self.scope.find(path[0]) if len(path) == 1 else None)
        if found is None:
            raise RedshiftError(f'"{".".join(path)}" is not a known variable', "42601")
        return found

    def set(self, variable: Variable, text: str | None) -> None:
        """A new value."""
        if variable.constant:
            raise RedshiftError(f'"{variable.name}" is declared CONSTANT', "22005")
        if variable.required and text is None:
            raise RedshiftError(f'null value cannot be assigned to variable "{variable.name}" declared NOT NULL', "22004")
        variable.text = text

    def store(self, targets: Sequence[Sequence[str]], found: Result) -> None:
        """The first row into variables or a record; NULLs where there is none."""
        row = found.rows[0] if found.rows else (None,) * len(found.columns)
        self.found(bool(found.rows))
        first = self.target(targets[0])
        if isinstance(first, Record):
            first.fields = {
                column.name: Variable(column.name, _field_type(column, value), value)
                for column, value in zip(found.columns, row, strict=True)
            }
            return
        for place, path in enumerate(targets):
            variable = self.target(path)
            if isinstance(variable, Record):
                raise RedshiftError(f'record "{variable.name}" cannot be part of a list of variables', "42601")
            if place < len(row):
                self.set(variable, self.converted(variable, found.columns[place], row[place]))
            else:
                self.set(variable, None)

    def found(self, some: bool) -> None:
        """FOUND."""
        variable = self.scope.find("found")
        if isinstance(variable, Variable):
            variable.text = "t" if some else "f"

    def cursor(self, name: str) -> Variable:
        """A cursor's variable."""
        found = self.scope.find(name)
        if not isinstance(found, Variable) or found.cursor is None:
            raise RedshiftError(f'"{name}" is not a cursor', "42804")
        return found

    def opened(self, name: str) -> str:
        """The name in the database of a cursor that is open."""
        text = self.cursor(name).text
        if text is None:
            raise RedshiftError(f'cursor variable "{name}" is null: it is not open', "22004")
        return text


def _field_type(column: Column, value: str | None) -> str:
    """A numeric of no declared scale keeps the scale of its value."""
    if column.type != "numeric":
        return column.type
    return f"numeric(38, {min(len((value or '').partition('.')[2]), 37)})"
