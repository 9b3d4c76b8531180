"""Many sessions at once; in the long form some of them are killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from localaws.engines.processes import group_members
from localaws.engines.redshift import RedshiftEngine


def work(redshift: RedshiftEngine, number: int, rounds: int) -> int:
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE mine (a int DISTKEY)")
        for step in range(rounds):
            connection.execute("INSERT INTO mine VALUES (%s)", [number])
            assert connection.execute("SELECT COUNT(*), MIN(a), MAX(a) FROM mine").fetchone() == (step + 1, number, number)
    return number


def test_fifty_sessions_at_once_do_not_meet(redshift: RedshiftEngine) -> None:
    with ThreadPoolExecutor(50) as pool:
        assert sorted(pool.map(lambda number: work(redshift, number, 3), range(50))) == list(range(50))


@pytest.mark.soak
def test_sessions_that_are_killed_leave_the_others_and_no_transaction(redshift: RedshiftEngine) -> None:
    state = redshift._read_state()
    assert state is not None
    chance = random.Random(7)

    def session(number: int) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            return work(redshift, number, 40) == number
        return False

    with ThreadPoolExecutor(50) as pool:
        running = [pool.submit(session, number) for number in range(200)]
        killed = 0
        while killed < 40 and not all(one.done() for one in running):
            sessions = [pid for pid in group_members(state.pid, state.started) if pid != state.pid]
            if sessions:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(sessions), signal.SIGKILL)
                killed += 1
            with psycopg.connect(**redshift.connection()) as connection:
                connection.execute("SELECT pg_sleep(0.05)")
    assert sum(one.result() for one in running) >= 100
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        assert connection.execute("SELECT COUNT(*) FROM svv_transactions WHERE pid <> pg_backend_pid()").fetchone() == (0,)
