"""getResolvedOptions: each rule, and the same answers as the vendor's own package gives."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from awsglue.utils import GlueArgumentError, getResolvedOptions
from localaws.home import CHECKOUT, Home
from package.glue_image import environment

ALWAYS = {
    "job_bookmark_option": "job-bookmark-disable",
    "job_bookmark_from": None,
    "job_bookmark_to": None,
    "JOB_ID": None,
    "JOB_RUN_ID": None,
    "SECURITY_CONFIGURATION": None,
    "encryption_type": None,
    "enable_data_lineage": None,
    "RedshiftTempDir": None,
    "TempDir": None,
}

CASES: list[tuple[str, list[str], list[str]]] = [
    ("nothing_asked", [], []),
    ("one_word", ["--x", "1"], ["x"]),
    ("equals_sign", ["--x=1"], ["x"]),
    ("equals_sign_with_a_value_that_begins_with_hyphens", ["--x=--y"], ["x"]),
    ("the_last_duplicate_wins", ["--x", "1", "--x", "2"], ["x"]),
    ("unknown_ones_are_dropped", ["word", "--y", "2", "--x", "1", "more"], ["x"]),
    ("hyphens_become_underscores", ["--a-b", "1"], ["a-b"]),
    ("an_underscore_is_no_hyphen", ["--a_b", "1"], ["a-b"]),
    ("a_negative_number", ["--x", "-1"], ["x"]),
    ("an_empty_value", ["--x", ""], ["x"]),
    ("a_value_that_begins_with_hyphens", ["--x", "--y"], ["x"]),
    ("an_abbreviation", ["--xy", "1"], ["xyz"]),
    ("an_ambiguous_abbreviation", ["--JOB", "n"], ["JOB_NAME"]),
    ("a_missing_one", [], ["x"]),
    ("two_missing_ones", ["--z", "1"], ["x", "y"]),
    ("a_missing_value", ["--x"], ["x"]),
    ("after_two_hyphens", ["--", "--x", "1"], ["x"]),
    ("asked_twice", ["--x", "1"], ["x", "x"]),
    ("what_glue_passes", ["--JOB_NAME", "j", "--JOB_ID", "i", "--JOB_RUN_ID", "r", "--TempDir", "t"], ["JOB_NAME"]),
    ("tempdir_asked_and_given", ["--TempDir", "t"], ["TempDir"]),
    ("tempdir_asked_and_missing", [], ["TempDir"]),
    ("redshift_tempdir_is_tempdir", ["--RedshiftTempDir", "q"], ["TempDir"]),
    ("tempdir_goes_before_redshift_tempdir", ["--RedshiftTempDir", "q", "--TempDir", "t"], ["RedshiftTempDir"]),
    ("an_empty_tempdir", ["--TempDir", ""], ["TempDir"]),
    ("job_id_asked", [], ["JOB_ID"]),
    ("job_run_id_asked", [], ["JOB_RUN_ID"]),
    ("security_configuration_asked", [], ["SECURITY_CONFIGURATION"]),
    ("lineage_asked", [], ["enable-data-lineage"]),
    ("bookmark_option_asked", [], ["job-bookmark-option"]),
    ("bookmark_option_asked_with_underscores", [], ["job_bookmark_option"]),
    ("bookmark_from_asked", [], ["job-bookmark-from"]),
    ("continuation_asked", [], ["continuation-option"]),
    ("bookmarks_enabled", ["--job-bookmark-option", "job-bookmark-enable"], []),
    ("a_bad_bookmark_choice", ["--job-bookmark-option", "yes"], []),
    ("pause_without_a_range", ["--job-bookmark-option", "job-bookmark-pause"], []),
    ("pause_with_half_a_range", ["--job-bookmark-option", "job-bookmark-pause", "--job-bookmark-from", "1"], []),
    ("pause_with_the_other_half", ["--job-bookmark-option", "job-bookmark-pause", "--job-bookmark-to", "1"], []),
    (
        "pause_with_a_range",
        ["--job-bookmark-option", "job-bookmark-pause", "--job-bookmark-from", "1", "--job-bookmark-to", "2"],
        [],
    ),
    ("half_a_range_without_pause", ["--job-bookmark-from", "1"], []),
    ("continuation_enabled", ["--continuation-option", "continuation-enabled"], []),
    ("continuation_readonly", ["--continuation-option", "continuation-readonly"], []),
    ("continuation_ignored", ["--continuation-option", "continuation-ignore"], []),
    ("a_bad_continuation", ["--continuation-option", "x"], []),
    ("encryption", ["--encryption-type", "sse-s3"], []),
    ("a_bad_encryption", ["--encryption-type", "kms"], []),
    ("text_of_another_script", ["--x", "žluťoučký"], ["x"]),
]

_PROBE = """
import json, sys
from awsglue.utils import getResolvedOptions
out = []
for name, argv, options in json.load(sys.stdin if len(sys.argv) < 2 else open(sys.argv[1])):
    try:
        out.append(["value", getResolvedOptions(["script", *argv], options)])
    except Exception as error:
        out.append(["error", type(error).__name__, str(error)])
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What the vendor's package answers to every case, in an environment of its own."""
    folder = tmp_path_factory.mktemp("vendor")
    (folder / "cases.json").write_text(json.dumps(CASES))
    vendor = environment(folder / "env", Home.resolve().cache / "wheels")
    done = vendor.run(["-c", _PROBE, "cases.json"], cwd=folder)
    assert done.returncode == 0, done.stderr
    return dict(zip((name for name, _, _ in CASES), json.loads(done.stdout), strict=True))


@pytest.mark.parametrize(("name", "argv", "options"), CASES, ids=[case[0] for case in CASES])
def test_it_answers_as_the_vendors_does(vendors: dict[str, list[Any]], name: str, argv: list[str], options: list[str]) -> None:
    try:
        ours: list[Any] = ["value", getResolvedOptions(["script", *argv], options)]
    except Exception as error:  # noqa: BLE001 the vendor's kind of error is what is compared
        ours = ["error", type(error).__name__, str(error)]

    assert ours == vendors[name]


def test_the_first_word_is_the_script_and_is_skipped() -> None:
    assert getResolvedOptions(["--x", "--x", "1"], ["x"]) == {**ALWAYS, "x": "1"}


def test_the_errors_are_of_the_documented_kinds() -> None:
    with pytest.raises(GlueArgumentError, match="the following arguments are required: --x"):
        getResolvedOptions(["s"], ["x"])
    with pytest.raises(RuntimeError, match="reserved arguments job-bookmark-option"):
        getResolvedOptions(["s"], ["job-bookmark-option"])
    with pytest.raises(argparse.ArgumentError, match="JOB_RUN_ID"):
        getResolvedOptions(["s"], ["JOB_RUN_ID"])


def test_this_awsglue_is_the_harnesss() -> None:
    assert Path(str(sys.modules["awsglue"].__file__)).is_relative_to(CHECKOUT / "harness")
