"""What data quality evaluations found: results of evaluation runs, and those that a job's script publishes from its run.

Answers follow the Glue Web API reference, "Data Quality".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from awsgluedq import RESULTS
from localaws.glue.exceptions import EntityNotFoundError
from localaws.glue.job_runs import supervisor_of
from localaws.glue.paging import page
from localaws.glue.run_store import JobRun
from localaws.operation import Handler, Request

__all__ = ["EVALUATION", "OPERATIONS", "RUN_PREFIX", "results_of"]

EVALUATION = "data quality evaluation"
"""The name under which evaluation runs are kept beside the runs of jobs."""

RUN_PREFIX = "dqrun-"


def get_result(request: Request) -> dict[str, Any]:
    """GetDataQualityResult."""
    result_id = request.parameters.get("ResultId", "")
    found = _all_results(request).get(result_id)
    if found is None:
        raise EntityNotFoundError(f"Data quality result {result_id} was not found.")
    return found


def batch_get_results(request: Request) -> dict[str, Any]:
    """BatchGetDataQualityResult."""
    ids, everything = request.parameters.get("ResultIds") or [], _all_results(request)
    found = [everything[each] for each in ids if each in everything]
    return {"Results": found, "ResultsNotFound": [each for each in ids if each not in everything]}


def list_results(request: Request) -> dict[str, Any]:
    """ListDataQualityResults, the newest first, of a table, a job, a run or a time."""
    given = request.parameters.get("Filter") or {}
    after, before = given.get("StartedAfter", 0), given.get("StartedBefore", float("inf"))
    wanted = {name: given[name] for name in ("DataSource", "JobName", "JobRunId") if name in given}
    found = [
        each
        for each in _all_results(request).values()
        if after <= each["StartedOn"] <= before and all(each.get(name) == value for name, value in wanted.items())
    ]
    names = ("ResultId", "DataSource", "JobName", "JobRunId", "StartedOn")
    found.sort(key=lambda each: each["StartedOn"], reverse=True)
    return page(request, "Results", [{name: each[name] for name in names if name in each} for each in found])


OPERATIONS: Mapping[str, Handler] = {
    "BatchGetDataQualityResult": batch_get_results,
    "GetDataQualityResult": get_result,
    "ListDataQualityResults": list_results,
}


def results_of(request: Request, run: JobRun) -> list[dict[str, Any]]:
    """What a run found: of an evaluation that succeeded one result for each ruleset, of a job's run those that its script publishes."""
    folder: Path = supervisor_of(request).store.folder_of(run.run_id)
    if run.job_name != EVALUATION:
        files = sorted((folder / RESULTS).glob("*.json"))
        about = {"JobName": run.job_name, "JobRunId": run.run_id}
        documents = [json.loads(file.read_text("utf-8")) for file in files]
        return [_result(run, number, each, {**about, **_context(each)}) for number, each in enumerate(documents)]
    path = folder / "quality.json"
    if run.state != "SUCCEEDED" or not path.exists():
        return []
    about = {"DataSource": run.description["asked"]["DataSource"], "RulesetEvaluationRunId": run.run_id}
    documents = json.loads(path.read_text("utf-8"))
    return [_result(run, number, each, {**about, "RulesetName": each["ruleset"]}) for number, each in enumerate(documents)]


def _context(document: Mapping[str, Any]) -> dict[str, str]:
    """A job's ruleset is named by its evaluation context."""
    context = document.get("context") or ""
    return {"RulesetName": context, "EvaluationContext": context} if context else {}


def _result(run: JobRun, number: int, document: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    rules = [
        {
            "Name": f"Rule_{at}",
            "Description": rule["text"],
            "Result": "PASS" if rule["passed"] else "FAIL",
            "EvaluatedMetrics": rule["metrics"],
            "EvaluatedRule": rule["evaluated"],
            **({"EvaluationMessage": rule["reason"]} if rule["reason"] else {}),
            **({"Labels": rule["labels"]} if rule["labels"] else {}),
        }
        for at, rule in enumerate(document["rules"], 1)
    ]
    analyzers = [
        {"Name": f"Analyzer_{at}", "Description": each["text"], "EvaluatedMetrics": each["metrics"]}
        | ({"EvaluationMessage": each["reason"]} if each["reason"] else {})
        for at, each in enumerate(document["analyzers"], 1)
    ]
    return {
        "ResultId": f"dqresult-{run.run_id.removeprefix(RUN_PREFIX).removeprefix('jr_')}-{number}",
        "Score": sum(rule["Result"] == "PASS" for rule in rules) / len(rules) if rules else 1.0,
        **about,
        "StartedOn": document.get("started", run.started_on),
        "CompletedOn": document["completed"],
        "RuleResults": rules,
        "AnalyzerResults": analyzers,
    }


def _all_results(request: Request) -> dict[str, dict[str, Any]]:
    return {result["ResultId"]: result for run in supervisor_of(request).store.all() for result in results_of(request, run)}
