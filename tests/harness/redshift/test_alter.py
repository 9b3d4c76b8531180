"""ALTER TABLE of what is only declared: seen in the catalog afterwards."""

from __future__ import annotations

import pytest

from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.session import Session

DEFINITION = 'SELECT "column", encoding, distkey, sortkey FROM pg_table_def WHERE tablename = \'altered\' ORDER BY 1'
STYLE = 'SELECT diststyle, sortkey1 FROM svv_table_info WHERE "table" = \'altered\''


def rows(session: Session, sql: str) -> list[tuple[str | None, ...]]:
    found = session.run(sql)
    return [
        tuple(None if (value := chunk.get_value(row, place)) is None else value.decode() for place in range(chunk.nfields))
        for chunk in found.chunks
        for row in range(chunk.ntuples)
    ]


def test_keys_styles_and_encodings_take_the_place_of_those_before(session: Session) -> None:
    session.run("CREATE TABLE altered (a int ENCODE az64, b varchar(3)) DISTKEY (a) SORTKEY (a)")
    assert rows(session, STYLE) == [("KEY(a)", "a")]
    session.run("ALTER TABLE altered ALTER DISTSTYLE KEY DISTKEY b")
    session.run("ALTER TABLE altered ALTER COMPOUND SORTKEY (b, a)")
    session.run("ALTER TABLE altered ALTER COLUMN b ENCODE zstd")
    assert rows(session, DEFINITION) == [("a", "az64", "f", "2"), ("b", "zstd", "t", "1")]
    session.run("ALTER TABLE altered ALTER DISTSTYLE EVEN")
    session.run("ALTER TABLE altered ALTER SORTKEY AUTO")
    assert rows(session, STYLE) == [("EVEN", "AUTO(SORTKEY)")]


def test_a_constraint_that_is_added_is_told_and_not_enforced(session: Session) -> None:
    session.run("CREATE TABLE altered (a int NOT NULL)")
    session.run("ALTER TABLE altered ADD CONSTRAINT one PRIMARY KEY (a)")
    session.run("INSERT INTO altered VALUES (1), (1)")
    assert rows(session, "SELECT conname, contype FROM pg_constraint WHERE conrelid = 'altered'::regclass::oid") == [("altered_pkey", "p")]


def test_a_longer_varchar_holds_longer_texts_and_counts_bytes(session: Session) -> None:
    session.run("CREATE TABLE altered (b varchar(3))")
    session.run("ALTER TABLE altered ALTER COLUMN b TYPE varchar(6)")
    session.run("INSERT INTO altered VALUES ('äöü')")
    with pytest.raises(RedshiftError, match=r"value too long for type character varying\(6\)"):
        session.run("INSERT INTO altered VALUES ('äöüx')")
