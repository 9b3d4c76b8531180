"""Which folders below an include path are a table and which are its partitions ("How does a crawler determine when to create
partitions?", Glue Developer Guide).

From the leaves up: files of one folder that agree are a unit; folders whose units agree become one unit with one more partition
key; where they do not, each is a table of its own. Where files lie beside folders, the files are a table named after their folder.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from localaws.crawler.files import FileFacts
from localaws.crawler.schemas import Schema, is_similar, union

__all__ = ["Folder", "Partition", "Unit", "grouped", "key_names", "tree"]


@dataclass
class Folder:
    """A folder of the tree: `path` is relative to the include path, without a slash at its end."""

    path: str
    files: list[FileFacts] = field(default_factory=list)
    folders: dict[str, Folder] = field(default_factory=dict)


@dataclass(frozen=True)
class Partition:
    """One folder with files: its values from the outermost key to the innermost."""

    path: str
    values: tuple[str, ...]
    files: tuple[FileFacts, ...]

    @property
    def schema(self) -> Schema:
        return reduce(union, (file.schema for file in self.files), {})


@dataclass(frozen=True)
class Unit:
    """A table: where it lies, its keys, its folders. Without keys it has one folder, or is one file (`is_file`)."""

    path: str
    keys: tuple[str, ...]
    partitions: tuple[Partition, ...]
    is_file: bool = False

    @property
    def files(self) -> list[FileFacts]:
        return [file for partition in self.partitions for file in partition.files]

    @property
    def schema(self) -> Schema:
        return reduce(union, (partition.schema for partition in self.partitions), {})

    @property
    def format(self) -> tuple[object, ...]:
        return self.partitions[0].files[0].format


def tree(files: Iterable[tuple[str, FileFacts]]) -> Folder:
    """The folders of files whose paths are relative to the include path."""
    root = Folder("")
    for path, facts in files:
        *folders, _ = path.split("/")
        node = root
        for depth, name in enumerate(folders):
            node = node.folders.setdefault(name, Folder("/".join(folders[: depth + 1])))
        node.files.append(facts)
    return root


def grouped(root: Folder, combine: bool = False, table_level: int | None = None) -> list[Unit]:
    """The tables below `root`.

    Args:
        combine: formats must agree and schemas need not (`CombineCompatibleSchemas`).
        table_level: folders below `root` down to this depth never become partitions (`TableLevelConfiguration`).
    """
    return _units(root, combine, 0, table_level or 0)


def _units(folder: Folder, combine: bool, depth: int, table_level: int) -> list[Unit]:
    own = _of_files(folder, combine)
    children = [_units(child, combine, depth + 1, table_level) for _, child in sorted(folder.folders.items())]
    below = list(itertools.chain.from_iterable(children))
    if not children:
        return own
    one_each = all(len(units) == 1 and not units[0].is_file for units in children)
    if not own and one_each and depth >= table_level and _agree(below, combine):
        return [_with_key(folder, below)]
    return own + below


def _of_files(folder: Folder, combine: bool) -> list[Unit]:
    if not folder.files:
        return []
    together = [Unit(file.key, (), (Partition(folder.path, (), (file,)),), is_file=True) for file in folder.files]
    if _agree(together, combine):
        return [Unit(folder.path, (), (Partition(folder.path, (), tuple(folder.files)),))]
    return together


def _agree(units: Sequence[Unit], combine: bool) -> bool:
    first = units[0]
    if any(unit.format != first.format or len(unit.keys) != len(first.keys) for unit in units):
        return False
    if combine:
        return True
    so_far = first.schema
    for unit in units[1:]:
        if not is_similar(so_far, unit.schema):
            return False
        so_far = union(so_far, unit.schema)
    return True


def _with_key(folder: Folder, units: Sequence[Unit]) -> Unit:
    names = [unit.path.rsplit("/", 1)[-1] for unit in units]
    split = [name.partition("=") for name in names]
    hive = all(equals and key == split[0][0] for key, equals, _ in split)
    values = [value if hive else name for name, (_, _, value) in zip(names, split, strict=True)]
    key = split[0][0].lower() if hive else ""
    partitions = tuple(
        Partition(partition.path, (value, *partition.values), partition.files)
        for value, unit in zip(values, units, strict=True)
        for partition in unit.partitions
    )
    return Unit(folder.path, (key, *units[0].keys), partitions)


def key_names(keys: Sequence[str], columns: Mapping[str, object]) -> list[str]:
    """Names for the keys: those of `key=value` folders, `partition_0` and so on for others; none is a column's."""
    found: list[str] = []
    for number, key in enumerate(keys):
        name = key or f"partition_{number}"
        found.append(f"{name}_partition" if name in columns else name)
    return found
