"""A script is cut where the mysql client would cut it, and errors say on which line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymysql.converters import escape_string

from schema_conversion.exceptions import ScriptSyntaxError
from schema_conversion.script import statements

# script -> (line, statement) of each
SCRIPTS: dict[str, tuple[str, list[tuple[int, str]]]] = {
    "one after the other": ("select 1;\nselect 2;", [(1, "select 1"), (2, "select 2")]),
    "two on a line": ("select 1; select 2;\n", [(1, "select 1"), (1, "select 2")]),
    "the last without a delimiter": ("select 1;\n\nselect\n 2", [(1, "select 1"), (3, "select\n 2")]),
    "delimiters in strings": ("""insert into t values (';', "a;b", `c;d`);""", [(1, """insert into t values (';', "a;b", `c;d`)""")]),
    "escaped and doubled quotes": (r"select 'it\'s; a''b\\'; select 2", [(1, r"select 'it\'s; a''b\\'"), (1, "select 2")]),
    "a backslash in a quoted name is none": ("select `a\\`; select 2", [(1, "select `a\\`"), (1, "select 2")]),
    "a string over lines": ("select 'a;\nb';\nselect 2", [(1, "select 'a;\nb'"), (3, "select 2")]),
    "comments between statements are dropped": ("-- it's\n# \"\n/* ; */ select 1;", [(3, "select 1")]),
    "a comment over lines": ("/* it's;\n ; */\nselect 1;", [(3, "select 1")]),
    "comments within statements are kept": ("select 1 -- it's;\n+ 2;", [(1, "select 1 -- it's;\n+ 2")]),
    "two dashes without a blank are minus minus": ("select 1--1; select 2", [(1, "select 1--1"), (1, "select 2")]),
    "conditional comments go on": ("/*!40101 SET x=1 */;\n/*M!100 x */;", [(1, "/*!40101 SET x=1 */"), (2, "/*M!100 x */")]),
    "quotes in conditional comments count": ("/*!50003 select ';' */;select 2", [(1, "/*!50003 select ';' */"), (1, "select 2")]),
    "another delimiter": ("DELIMITER ;;\nbegin; end;;\ndelimiter ;\nselect 1;", [(2, "begin; end"), (4, "select 1")]),
    "a delimiter of letters": ("delimiter $$\r\nbegin; end $$\r\ndelimiter ;\r\nselect 1;\r\n", [(2, "begin; end"), (4, "select 1")]),
    "delimiter within a statement is a word": ("select\ndelimiter from t;", [(1, "select\ndelimiter from t")]),
    "a byte order mark": ("\ufeffselect 1;", [(1, "select 1")]),
    "nothing": ("\n  ;\n-- only this\n", []),
    "a cut-off client word is a column": ("select 1; source_id int;", [(1, "select 1"), (1, "source_id int")]),
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_cut(name: str) -> None:
    script, expected = SCRIPTS[name]

    found = list(statements(script.encode().splitlines(keepends=True)))

    assert [(one.line, one.text.decode()) for one in found] == expected


@given(st.lists(st.text(alphabet=st.sampled_from("a'\"`;\\\n-#/*! é"), max_size=12), max_size=6))
def test_whatever_a_string_holds_the_statements_stay_whole(values: list[str]) -> None:
    written = [
        f"insert into t values ('{escape_string(value)}', \"{value.replace(chr(92), '').replace(chr(34), chr(34) * 2)}\")"
        for value in values
    ]

    found = statements((";\n".join(written) + "\n").encode().splitlines(keepends=True))

    assert [one.text.decode() for one in found] == written


def test_bytes_of_another_character_set_stay_as_they_are() -> None:
    (found,) = statements([b"insert into t values ('caf\xe9; \xff');\n"])

    assert found.text == b"insert into t values ('caf\xe9; \xff')"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param("select 1;\nselect 'a\n;\n", r"dump.sql, line 2: a string begins here and never ends", id="a_string_that_never_ends"),
        pytest.param("select 1; /* a\n", r"line 1: a comment begins here and never ends", id="a_comment_that_never_ends"),
        pytest.param("\nselect `a;\n", r"line 2: a quoted name begins here", id="a_name_that_never_ends"),
        pytest.param("delimiter\nselect 1", r"line 1: DELIMITER must be followed", id="delimiter_without_one"),
        pytest.param("select 1;\n\\! rm -rf /\n", r"line 2: \\! rm -rf / is a command of the mysql client", id="a_shell_command"),
        pytest.param("source other.sql\n", r"line 1: source other.sql is a command", id="another_file"),
    ],
)
def test_what_cannot_be_cut_is_an_error_with_its_line(script: str, message: str) -> None:
    with pytest.raises(ScriptSyntaxError, match=message):
        list(statements(script.encode().splitlines(keepends=True), "dump.sql"))
