"""Nothing is left out of the documentation: jobs, modules, SQL files, targets, commands, errors, pages of the tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import etl_common.exceptions
from cli.generate import stale_files
from docs.pages import CHECKOUT, runnable_blocks, text_of
from documents import MissingRegionError
from documents.commands import commands
from documents.jobs import parts_of
from documents.pages import PAGES, filled


def test_generated_parts_of_the_pages_are_fresh() -> None:
    assert [path for path in stale_files(CHECKOUT) if path.suffix == ".md"] == [], "run `./etl generate`"


@pytest.mark.parametrize("job", sorted((CHECKOUT / "glue_jobs").glob("*.py")), ids=lambda job: job.stem)
def test_every_job_says_what_it_reads_and_writes_and_has_a_section(job: Path) -> None:
    said = parts_of(job.read_text("utf-8").split('"""')[1])

    assert said["About"].endswith(".")
    assert {"Reads", "Writes", "Arguments"} <= set(said)
    assert f"\n## {job.stem}\n" in text_of("docs/glue-jobs.md")


def test_every_module_that_ships_is_on_the_librarys_page() -> None:
    page = text_of("docs/library.md")
    files = [file for file in (CHECKOUT / "libs").rglob("*.py") if "__pycache__" not in file.parts]
    names = {".".join(file.relative_to(CHECKOUT / "libs").with_suffix("").parts).removesuffix(".__init__") for file in files}

    assert len(names) > 50
    assert {name for name in names if f"\n| `{name}` | " not in page} == set()


def test_every_sql_file_is_on_its_page() -> None:
    page = text_of("docs/sql.md")
    files = {str(file.relative_to(CHECKOUT / "sql" / "redshift")) for file in (CHECKOUT / "sql").rglob("*.sql")}

    assert {file for file in files if not re.search(rf"^\| `{re.escape(file)}` \| [a-z ]+ \| \S.*\|$", page, re.MULTILINE)} == set()


def test_every_target_of_the_makefile_has_help_and_is_in_the_readme() -> None:
    makefile = text_of("Makefile")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    targets = set(phony[1].split()) - {"help"}

    assert targets == set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)) - {"help"}
    assert {target for target in targets if f"`make {target}`" not in text_of("README.md")} == set()


def test_every_target_that_a_message_or_comment_names_exists() -> None:
    files = [file for folder in ("harness", "libs", "glue_jobs") for file in (CHECKOUT / folder).rglob("*.py")]
    named = {target for file in files for target in re.findall(r"`make ([a-z-]+)`", file.read_text("utf-8"))}

    assert named
    assert named <= set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))


def test_every_command_is_on_the_commands_page_with_every_option() -> None:
    page = text_of("docs/commands.md")

    for path, command in commands():
        heading = f"{'#' * len(path)} {' '.join(path)}\n"
        assert heading in page
        section = page.split(heading, 1)[1].split("\n## ")[0]
        assert {option for parameter in command.params for option in parameter.opts if option.startswith("-")} <= set(
            re.findall(r"`(--?[a-z-]+)`", section)
        )


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/operations.md", "docs/troubleshooting.md", "docs/testing.md",
                                  "docs/local-aws.md", "docs/glue-jobs.md", "docs/schema-conversion.md",
                                  "scenarios/redshift_warehouse/README.md", "scenarios/mysql_to_redshift/README.md"])  # fmt: skip
def test_commands_and_targets_that_a_page_names_exist_with_their_options(page: str) -> None:
    known = dict(commands())
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    text = text_of(page)

    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    for line in re.findall(r"\./etl ([a-z][^`\n\"#)]*)", text):
        words = [word.rstrip(",.") for word in line.split()]
        path = ("etl", *words[:2]) if ("etl", *words[:2]) in known else ("etl", words[0])
        assert path in known, f"./etl {line}"
        options = {option for parameter in known[path].params for option in parameter.opts}
        if path[1:] not in {("spark-submit",), ("job", "run")}:
            assert {word for word in words if word.startswith("--")} <= options | {"--help"}, f"./etl {line}"


def test_every_error_of_the_library_is_explained() -> None:
    page = text_of("docs/troubleshooting.md")

    assert {name for name in etl_common.exceptions.__all__ if f"`{name}`" not in page} == set()


def test_every_message_that_troubleshooting_quotes_is_one_of_ours() -> None:
    files = [file for folder in ("harness", "libs") for kind in ("*.py", "*.sh") for file in (CHECKOUT / folder).rglob(kind)]
    sources = "\n".join(file.read_text("utf-8") for file in files)
    rows = re.findall(r"^\| (`.*?) \|", text_of("docs/troubleshooting.md"), re.MULTILINE)
    quoted = [message for row in rows for message in re.findall(r"`([^`]*)`", row)]

    assert len(quoted) >= 40
    for message in quoted:
        assert all(part.strip() in sources for part in message.split("…") if part.strip()), f"no error says {message!r}"


def test_every_folder_of_tests_is_on_the_page_about_testing() -> None:
    folders = {folder.name for folder in (CHECKOUT / "tests").iterdir() if folder.is_dir() and folder.name[0] not in "._"}

    assert {folder for folder in folders if f"`tests/{folder}`" not in text_of("docs/testing.md")} == set()


def test_every_package_is_on_the_page_about_the_architecture() -> None:
    page = text_of("docs/architecture.md")
    folders = {str(file.parent.relative_to(CHECKOUT)) for top in ("harness", "libs") for file in (CHECKOUT / top).glob("*/__init__.py")}

    assert len(folders) > 8
    assert {folder for folder in folders if f"| `{folder}` |" not in page} == set()


def test_the_order_of_a_batch_on_the_jobs_page_is_the_pipelines() -> None:
    import json

    steps = json.loads(text_of("deployment/pipeline.json"))["steps"]
    named = {
        step["name"]: [" ".join([b["job"], *(f"{key} {value}" for key, value in b.get("arguments", {}).items())]) for b in step["branches"]]
        for step in steps
    }
    rows = re.findall(r"^\| `(\w+)` \| (`.+`) \|$", text_of("docs/glue-jobs.md").split("<!-- generated")[0], re.MULTILINE)

    assert {step: re.findall(r"`([^`]+)`", jobs) for step, jobs in rows} == named
    assert [step for step, _ in rows] == [step["name"] for step in steps]


def test_a_page_without_its_region_is_named() -> None:
    page, text = Path("docs/page.md"), "# Page\n<!-- generated: jobs -->\nold\n<!-- end of jobs -->\n"

    assert filled(page, text, "jobs", "new\n") == "# Page\n<!-- generated: jobs -->\nnew\n<!-- end of jobs -->\n"
    for broken in ("# Page\n", text + text):
        with pytest.raises(MissingRegionError, match=r"docs/page\.md has no region 'jobs', or has it twice\. Put the lines"):
            filled(page, broken, "jobs", "new")


def test_the_readme_has_blocks_to_run_and_every_page_with_regions_exists() -> None:
    assert len(runnable_blocks(text_of("README.md"))) >= 3
    assert [page for page in PAGES if not (CHECKOUT / page).is_file()] == []
