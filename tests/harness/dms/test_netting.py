"""Changes netted: what is left gives the same table as applying each in turn."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from localaws.dms.binlog.events import DELETE, INSERT, UPDATE
from localaws.dms.netting import TableChanges, net, net_bag

Row = tuple[int, str | None]
Change = tuple[int, Row, Row | None]
_SCHEMA = pa.schema([("k", pa.int32()), ("v", pa.string())])


def table_changes(changes: list[Change]) -> TableChanges:
    before = [old for _, _, old in changes if old is not None]
    operations = np.array([operation for operation, _, _ in changes], np.uint8)
    seconds, sequence = np.zeros(len(changes), np.int64), np.arange(len(changes))
    return TableChanges(operations, _table([row for _, row, _ in changes]), _table(before), seconds, sequence, sequence)


def _table(rows: list[Row]) -> pa.Table:
    return pa.table([[row[i] for row in rows] for i in range(2)], schema=_SCHEMA)


def rows(table: pa.Table) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize(
    ("changes", "deletes", "inserts"),
    [
        ([(INSERT, (1, "a"), None)], [], [(1, "a")]),
        ([(INSERT, (1, "a"), None), (DELETE, (1, "a"), None)], [], []),
        ([(UPDATE, (1, "b"), (1, "a")), (UPDATE, (1, "c"), (1, "b"))], [(1,)], [(1, "c")]),
        ([(DELETE, (1, "a"), None), (INSERT, (1, "z"), None)], [(1,)], [(1, "z")]),
        ([(UPDATE, (2, "a"), (1, "a"))], [(1,)], [(2, "a")]),
        ([(UPDATE, (2, "a"), (1, "a")), (INSERT, (1, "n"), None)], [(1,)], [(2, "a"), (1, "n")]),
        ([(INSERT, (1, "a"), None), (UPDATE, (2, "a"), (1, "a")), (DELETE, (2, "a"), None)], [], []),
    ],
    ids=["insert", "insert-delete", "update-twice", "delete-insert", "key-moves", "key-moves-and-is-taken-again", "key-moves-then-goes"],
)
def test_the_last_change_of_a_key_is_what_is_left(changes: list[Change], deletes: list[Row], inserts: list[Row]) -> None:
    found = net(table_changes(changes), ["k"])

    assert rows(found.deletes) == deletes
    assert rows(found.inserts) == inserts


def test_what_is_left_comes_in_pieces_of_any_size() -> None:
    parts = [table_changes([(INSERT, (10 * part + number, "a"), None) for number in range(10)]) for part in range(4)]
    parts.append(table_changes([(DELETE, (number, "a"), None) for number in range(0, 40, 3)]))

    found = net(TableChanges.joined(parts), ["k"])

    for most in (1, 7, 12, 100):
        pieces = list(found.parts(most))
        assert max(len(piece) for piece in pieces) <= most
        assert rows(pa.concat_tables(pieces)) == [(number, "a") for number in range(40) if number % 3]


@pytest.mark.parametrize("seed", range(20))
def test_netting_gives_what_applying_each_change_gives(seed: int) -> None:
    dice = random.Random(seed)
    before = {key: f"v{key}" for key in range(10)}
    state, changes = dict(before), list[Change]()
    for number in range(dice.randint(1, 60)):
        key, value, there = dice.randrange(15), f"n{number}", dice.choice(sorted(state)) if state else None
        if key not in state and dice.random() < 0.4:
            changes.append((INSERT, (key, value), None))
            state[key] = value
        elif there is not None and dice.random() < 0.5:
            changes.append((DELETE, (there, state.pop(there)), None))
        elif there is not None:
            new = key if key not in state and dice.random() < 0.4 else there
            changes.append((UPDATE, (new, value), (there, state.pop(there))))
            state[new] = value
    if not changes:
        return

    for always in (False, True):
        found = net(table_changes(changes), ["k"], delete_always=always)
        after = dict(before)
        for (key,) in rows(found.deletes):
            assert after.pop(key, None) is not None or always  # nothing is deleted that was never there
        for key, value in rows(found.inserts):
            assert key not in after
            after[key] = value
        assert after == state


def test_changes_that_may_be_there_already_can_be_applied_twice() -> None:
    found = net(table_changes([(INSERT, (1, "a"), None), (INSERT, (2, "b"), None), (DELETE, (2, "b"), None)]), ["k"], delete_always=True)

    assert sorted(rows(found.deletes)) == [(1,), (2,)]
    assert rows(found.inserts) == [(1, "a")]


@pytest.mark.parametrize("seed", range(10))
def test_rows_without_a_key_are_counted(seed: int) -> None:
    dice = random.Random(seed)
    before: Counter[Row] = Counter({(1, "a"): 3, (1, None): 2, (2, "b"): 1})
    state, changes = before.copy(), list[Change]()
    for _ in range(30):
        there = dice.choice(sorted(state.elements(), key=repr)) if state.total() else None
        new: Row = (dice.randrange(3), dice.choice(["a", "b", None]))
        if there is None or dice.random() < 0.3:
            changes.append((INSERT, new, None))
            state[new] += 1
        elif dice.random() < 0.5:
            changes.append((DELETE, there, None))
            state[there] -= 1
        else:
            changes.append((UPDATE, new, there))
            state[there] -= 1
            state[new] += 1

    found = net_bag(table_changes(changes))

    after = before.copy()
    after.subtract(dict(zip(rows(found.deletes), found.times.tolist(), strict=True)))
    assert min(after.values()) >= 0
    after.update(rows(found.inserts))
    assert +after == +state
