"""Data quality: rulesets kept, and evaluation runs that evaluate them with Spark on a table of the catalog.

A run is a process like a job's run (`run_supervisor`), so that its states are true and a stop ends it. Answers follow the Glue Web API
reference, "Data Quality".
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.crawler.exceptions import AlreadyExistsError
from localaws.glue.exceptions import EntityNotFoundError, InvalidInputError
from localaws.glue.job_runs import supervisor_of
from localaws.glue.paging import page
from localaws.glue.quality_results import EVALUATION, RUN_PREFIX, results_of
from localaws.glue.quality_results import OPERATIONS as RESULT_OPERATIONS
from localaws.glue.run_store import JobRun
from localaws.operation import Handler, Request
from localaws.records import Records

__all__ = ["OPERATIONS"]

_SCRIPT = str(Path(__file__).with_name("quality_script.py"))
_REPEATED = ("DataSource", "Role", "NumberOfWorkers", "RulesetNames", "AdditionalDataSources", "AdditionalRunOptions")
_OPTIONS = ("CloudWatchMetricsEnabled", "CompositeRuleEvaluationMethod", "ResultsS3Prefix")
_TIMEOUT = 2880  # minutes, Glue's default


def create_ruleset(request: Request) -> dict[str, Any]:
    """CreateDataQualityRuleset."""
    asked, store, now = request.parameters, _rulesets(request), time.time()
    name = asked.get("Name", "")
    _check_rules(asked.get("Ruleset", ""))
    with store.lock:
        if store.get(name) is not None:
            raise AlreadyExistsError("Data quality ruleset", name)
        kept = {key: asked[key] for key in ("Name", "Ruleset", "Description", "TargetTable") if asked.get(key)}
        store.put(name, {**kept, "CreatedOn": now, "LastModifiedOn": now})
    if asked.get("Tags"):
        arn = f"arn:aws:glue:{request.region}:{request.account_id}:dataQualityRuleset/{name}"
        request.control_plane("glue").tag_resource(ResourceArn=arn, TagsToAdd=asked["Tags"])
    return {"Name": name}


def update_ruleset(request: Request) -> dict[str, Any]:
    """UpdateDataQualityRuleset."""
    asked = request.parameters
    if "Ruleset" in asked:
        _check_rules(asked["Ruleset"])
    given = {key: asked[key] for key in ("Ruleset", "Description") if key in asked}
    name = asked.get("Name", "")
    _ruleset(request, name)
    kept = _rulesets(request).change(name, lambda document: document.update(**given, LastModifiedOn=time.time()))
    return {key: kept[key] for key in ("Name", "Description", "Ruleset") if key in kept}


def get_ruleset(request: Request) -> dict[str, Any]:
    """GetDataQualityRuleset."""
    return _ruleset(request, request.parameters.get("Name", ""))


def delete_ruleset(request: Request) -> dict[str, Any]:
    """DeleteDataQualityRuleset."""
    name = request.parameters.get("Name", "")
    _ruleset(request, name)
    _rulesets(request).delete(name)
    return {}


def list_rulesets(request: Request) -> dict[str, Any]:
    """ListDataQualityRulesets."""
    listed = []
    for ruleset in _rulesets(request).all():
        about = {key: value for key, value in ruleset.items() if key != "Ruleset"}
        listed.append({**about, "RuleCount": len(_parsed(ruleset["Ruleset"]).rules)})
    return page(request, "Rulesets", listed)


def start_evaluation(request: Request) -> dict[str, Any]:
    """StartDataQualityRulesetEvaluationRun: the rulesets are evaluated in the background."""
    asked = request.parameters
    table = (asked.get("DataSource") or {}).get("GlueTable")
    if not table or not asked.get("RulesetNames"):
        raise InvalidInputError("An evaluation needs DataSource.GlueTable and RulesetNames.")
    others = {name: source["GlueTable"] for name, source in (asked.get("AdditionalDataSources") or {}).items()}
    for each in (table, *others.values()):
        request.control_plane("glue").get_table(DatabaseName=each["DatabaseName"], Name=each["TableName"])
    rulesets = {name: _ruleset(request, name)["Ruleset"] for name in asked["RulesetNames"]}
    options = _run_options(asked.get("AdditionalRunOptions") or {})
    supervisor, now = supervisor_of(request), time.time()
    run = JobRun(
        run_id=RUN_PREFIX + supervisor.store.new_id().removeprefix("jr_")[:40], job_name=EVALUATION, script=_SCRIPT, arguments={},
        state="STARTING", started_on=now, last_modified_on=now, timeout_minutes=int(asked.get("Timeout") or _TIMEOUT),
        description={"asked": {key: asked[key] for key in _REPEATED if key in asked}},
    )  # fmt: skip
    supervisor.store.save(run)
    document = {"table": table, "others": others, "rulesets": rulesets, **options}
    (supervisor.store.folder_of(run.run_id) / "quality-request.json").write_text(json.dumps(document), "utf-8")
    supervisor.launch(run, "s3://temporary/")
    return {"RunId": run.run_id}


def get_evaluation(request: Request) -> dict[str, Any]:
    """GetDataQualityRulesetEvaluationRun."""
    run = _run(request)
    return {**_shown(run), "ResultIds": [result["ResultId"] for result in results_of(request, run)]}


def list_evaluations(request: Request) -> dict[str, Any]:
    """ListDataQualityRulesetEvaluationRuns, the newest first."""
    runs = supervisor_of(request).store.all(EVALUATION)
    names = ("RunId", "Status", "StartedOn", "DataSource")
    return page(request, "Runs", [{name: value for name, value in _shown(run).items() if name in names} for run in runs])


def cancel_evaluation(request: Request) -> dict[str, Any]:
    """CancelDataQualityRulesetEvaluationRun."""
    run = _run(request)
    if run.is_active:
        supervisor_of(request).ask_to_stop(run)
    return {}


OPERATIONS: Mapping[str, Handler] = {
    **RESULT_OPERATIONS,
    "CancelDataQualityRulesetEvaluationRun": cancel_evaluation,
    "CreateDataQualityRuleset": create_ruleset,
    "DeleteDataQualityRuleset": delete_ruleset,
    "GetDataQualityRuleset": get_ruleset,
    "GetDataQualityRulesetEvaluationRun": get_evaluation,
    "ListDataQualityRulesetEvaluationRuns": list_evaluations,
    "ListDataQualityRulesets": list_rulesets,
    "StartDataQualityRulesetEvaluationRun": start_evaluation,
    "UpdateDataQualityRuleset": update_ruleset,
}


def _rulesets(request: Request) -> Records:
    return Records(request.home / "rulesets")


def _ruleset(request: Request, name: str) -> dict[str, Any]:
    found = _rulesets(request).get(name)
    if found is None:
        raise EntityNotFoundError(f"Data quality ruleset {name} was not found.")
    return found


def _parsed(text: str) -> Any:
    from awsgluedq.dqdl import parse

    return parse(text)


def _check_rules(text: str) -> None:
    from awsglue.exceptions import NotSupportedError
    from awsgluedq.exceptions import RulesetError

    try:
        _parsed(text)
    except RulesetError as error:
        raise InvalidInputError(f"The ruleset cannot be read: {error}") from error
    except NotSupportedError as error:
        raise InvalidInputError(str(error)) from error


def _run_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a run's script needs of `AdditionalRunOptions`. Raises InvalidInputError for those that this endpoint does not do."""
    unknown = sorted(given.keys() - _OPTIONS)
    if unknown:
        raise InvalidInputError(f"AdditionalRunOptions {', '.join(unknown)} are not done here. Possible: {', '.join(_OPTIONS)}.")
    return {
        "by_row": given.get("CompositeRuleEvaluationMethod") == "ROW",
        "publishing": {
            "enableDataQualityCloudWatchMetrics": given.get("CloudWatchMetricsEnabled", False),
            "resultsS3Prefix": given.get("ResultsS3Prefix", ""),
        },
    }


def _run(request: Request) -> JobRun:
    run_id = request.parameters.get("RunId", "")
    found = supervisor_of(request).store.get(run_id)
    if found is None or found.job_name != EVALUATION:
        raise EntityNotFoundError(f"Data quality evaluation run {run_id} was not found.")
    return found


def _shown(run: JobRun) -> dict[str, Any]:
    optional = {"CompletedOn": run.completed_on, "ErrorString": run.error_message}
    return {
        "RunId": run.run_id,
        **run.description["asked"],
        "Timeout": run.timeout_minutes,
        "Status": run.state,
        "StartedOn": run.started_on,
        "LastModifiedOn": run.last_modified_on,
        "ExecutionTime": run.execution_seconds,
        **{name: value for name, value in optional.items() if value is not None},
    }
