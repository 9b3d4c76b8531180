"""The tree: nothing of one machine in a file, and no file that nothing uses."""

from __future__ import annotations

import re
from pathlib import Path

from docs.pages import CHECKOUT, tracked_files

# Written in pieces, so that this file does not hold what it looks for.
_FOREIGN = {
    "a path of one machine": re.compile(r"(?<![\w.$}*-])/(?:work|root|home/(?!hadoop\b|glue_user\b)\w+|tmp/\w+)/"),
    "the host of a package registry": re.compile(r"\b(?:py" r"pi\.org|pythonhosted" r"\.org|maven" r"\.(?:apache\.)?org|maven-cent" "ral)"),
    "a token or key": re.compile(r"\b(?:AKIA(?!REAL)[0-9A-Z]{16}|ghp_\w{30,}|-----BEGIN [A-Z ]*PRIVATE KEY)"),
}
# Files that are started, found by their name or read by people: nothing has to name them.
_ENTRIES = re.compile(
    r"(.*/)?(__init__|__main__|conftest|test_\w+)\.py|(.*/)?README\.md|CONTRIBUTING\.md|LICENSE|Makefile|setup\.py|pyproject\.toml"
    r"|\.gitignore|\.gitattributes|\.sqlfluff|\.ci/run|etl|harness/cli/[a-z]\w*\.py|harness/awsglue/(scripts/)?\w+\.py|harness/gs_\w+\.py|tests/glue_scripts/scripts/\w+\.py|glue_jobs/\w+\.py|sql/redshift/.+\.sql|tests/.+\.(sql|json|csv|yaml)"
    r"|terraform/(environments|mocks|modules|platform)/.+\.(tf|hcl)|lambdas/\w+/handler\.py|crawlers/\w+\.json|deployment/rulesets/[\w.]+\.dqdl|deployment/schemas/\w+\.avsc"
)


def test_no_file_names_a_place_of_one_machine_a_registry_or_a_key() -> None:
    found = []
    for file in tracked_files():
        text = file.read_bytes().decode("utf-8", errors="replace")
        for what, pattern in _FOREIGN.items():
            found += [f"{file.relative_to(CHECKOUT)}: {what}: {match[0]}" for match in pattern.finditer(text)]

    assert found == []


def test_the_patterns_find_what_they_are_for() -> None:
    text = "cd /" "work/main; cat /" "root/.netrc; https://py" "pi.org/simple; s3://bucket/work/x; /home/hadoop/workspace/"

    assert [pattern.findall(text) for pattern in _FOREIGN.values()][:2] == [["/" "work/", "/" "root/"], ["py" "pi.org"]]


def test_every_file_is_used_by_another() -> None:
    files = tracked_files()
    texts = {file: file.read_bytes().decode("utf-8", errors="replace") for file in files}
    unused = [file for file in files if not _ENTRIES.fullmatch(str(file.relative_to(CHECKOUT))) and not _is_named(file, texts)]

    assert [str(file.relative_to(CHECKOUT)) for file in unused] == []


def _is_named(file: Path, texts: dict[Path, str]) -> bool:
    """Another file imports the module, or says the file's name; tests import what lies beside them by its bare name."""
    parts = file.relative_to(CHECKOUT).with_suffix("").parts
    if file.suffix != ".py":
        pattern = re.compile(re.escape(file.name))
    elif parts[0] == "tests":
        pattern = re.compile(rf"\bimport [^\n]*\b{file.stem}\b|\bfrom [\w.]*\b{file.stem} import\b|\b{file.stem}\.py\b")
    else:
        package = re.escape(".".join(parts[1:-1])) or "[.]"
        imported = rf"from {package} import (?:[^\n(]*|\([^)]*)\b{file.stem}\b"
        pattern = re.compile(rf"\b{re.escape('.'.join(parts[1:]))}\b|\b{file.stem}\.py\b|{imported}")
    name = file.stem if file.suffix == ".py" else file.name  # in whatever the pattern matches, and found sooner than that
    return any(name in text and pattern.search(text) for other, text in texts.items() if other != file)
