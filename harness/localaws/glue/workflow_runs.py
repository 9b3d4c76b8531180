"""What triggers set off: runs of workflows, and chains of triggers that belong to none. One thread follows them.

A run fires its start trigger, watches what that started, and fires each conditional trigger once, when its predicate holds of this
run's jobs and crawlers. It has ended when nothing is active and nothing more can fire ("Glue triggers", Developer Guide). Jobs that
somebody starts by hand fire nothing.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from localaws.bootstrap import client
from localaws.every import Every
from localaws.glue.exceptions import EntityNotFoundError, InvalidInputError
from localaws.glue.run_store import ACTIVE
from localaws.glue.run_supervisor import RunSupervisor
from localaws.glue.trigger_definitions import triggers_of
from localaws.records import Records

__all__ = ["ENDED", "WorkflowRuns", "statistics"]

_LOG = logging.getLogger("localaws")
_PAUSE = 0.2
ENDED = ("COMPLETED", "STOPPED", "ERROR")
_CRAWLS = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED"}


class WorkflowRuns:
    """The runs of one home."""

    def __init__(self, supervisor: RunSupervisor, endpoint_url: str) -> None:
        self.home, self.supervisor = supervisor.home.root, supervisor
        self.records, self.triggers = Records(self.home / "workflow-runs"), triggers_of(self.home)
        self.glue = client("glue", endpoint_url)
        for run in self.records.all():
            if run["Beginning"]:  # a former endpoint ended while the run began
                self.records.change(run["WorkflowRunId"], lambda document: document.update(Beginning=False))
        self._every = Every("workflow runs", _PAUSE, self._follow)

    def close(self) -> None:
        """Ends the thread. Runs that are under way go on at the next start."""
        self._every.close()

    def runs(self, workflow: str) -> list[dict[str, Any]]:
        """The runs of a workflow, the newest first."""
        found = [run for run in self.records.all() if run["Name"] == workflow]
        return sorted(found, key=lambda run: run["StartedOn"], reverse=True)

    def start(self, workflow: str, properties: Mapping[str, str], trigger: dict[str, Any] | None = None) -> str:
        """Begin a run of a workflow by its start trigger (or by the one that is given). Returns its id.

        Raises:
            InvalidInputError: the workflow has no start trigger.
        """
        first = trigger or next((t for t in self._of(workflow) if t["Type"] != "CONDITIONAL"), None)
        if first is None:
            raise InvalidInputError(f"The workflow {workflow} has no start trigger.")
        earlier = self.runs(workflow)
        return self._begin(workflow, first, properties, earlier[0]["WorkflowRunId"] if earlier else None)

    def fire(self, trigger: dict[str, Any]) -> None:
        """A trigger's time has come, or somebody asked for it."""
        if trigger.get("WorkflowName"):
            properties = self.glue.get_workflow(Name=trigger["WorkflowName"])["Workflow"].get("DefaultRunProperties", {})
            self.start(trigger["WorkflowName"], properties, trigger)
        else:
            self._begin("", trigger, {}, None)

    def stop(self, run_id: str) -> None:
        """Ask a run to end, with what it started."""
        run = self.records.change(run_id, lambda document: document.update(Status="STOPPING"))
        for action in run["Actions"]:
            if action["State"] in ACTIVE and "JobName" in action:
                self.glue.batch_stop_job_run(JobName=action["JobName"], JobRunIds=[action["Id"]])
            elif action["State"] in ACTIVE:
                try:
                    self.glue.stop_crawler(Name=action["CrawlerName"])
                except self.glue.exceptions.CrawlerNotRunningException:
                    continue  # it ended in this moment

    def _begin(self, workflow: str, trigger: dict[str, Any], properties: Mapping[str, str], previous: str | None) -> str:
        run_id = f"wr_{uuid.uuid4().hex}{uuid.uuid4().hex}"
        run = {
            "Name": workflow, "WorkflowRunId": run_id, "WorkflowRunProperties": dict(properties), "StartedOn": time.time(),
            "Status": "RUNNING", "Fired": [trigger["Name"]], "Actions": [], "Beginning": True,
        }  # fmt: skip
        if previous is not None:
            run["PreviousRunId"] = previous
        self.records.put(run_id, run)
        try:
            self._fire(run_id, trigger)
        finally:  # until then nothing is active, and the run has not ended all the same
            self.records.change(run_id, lambda document: document.update(Beginning=False))
        return run_id

    def _of(self, workflow: str) -> list[dict[str, Any]]:
        return [trigger for trigger in self.triggers.all() if (trigger.get("WorkflowName") or "") == workflow]

    def _follow(self) -> None:
        for run in self.records.all():
            if run["Status"] in ENDED:
                continue
            try:
                self._step(run)
            except Exception:  # noqa: BLE001 - one run's mistake must not hold up the others
                _LOG.exception("workflow run %s", run["WorkflowRunId"])

    def _step(self, run: dict[str, Any]) -> None:
        run_id = run["WorkflowRunId"]
        states = {action["Key"]: self._state(action) for action in run["Actions"]}

        def update(document: dict[str, Any]) -> None:
            for action in document["Actions"]:
                action["State"] = states.get(action["Key"], action["State"])

        run = self.records.change(run_id, update)
        if run["Status"] == "RUNNING":
            for trigger in self._of(run["Name"]):
                fires = trigger["Type"] == "CONDITIONAL" and trigger["State"] == "ACTIVATED" and trigger["Name"] not in run["Fired"]
                if fires and _holds(trigger["Predicate"], run["Actions"]):
                    self.records.change(run_id, lambda document, name=trigger["Name"]: document["Fired"].append(name))  # type: ignore[misc]
                    self._fire(run_id, trigger)
                    return
        if not run["Beginning"] and not any(action["State"] in ACTIVE for action in run["Actions"]):
            status = "STOPPED" if run["Status"] == "STOPPING" else "COMPLETED"
            self.records.change(run_id, lambda document: document.update(Status=status, CompletedOn=time.time()))

    def _state(self, action: Mapping[str, Any]) -> str:
        if action["State"] not in ACTIVE:
            return str(action["State"])
        if "JobName" in action:
            run = self.supervisor.store.get(action["Id"])
            return "ERROR" if run is None else run.state
        crawls = self.glue.list_crawls(CrawlerName=action["CrawlerName"])["Crawls"]
        found = next((crawl for crawl in crawls if crawl["CrawlId"] == action["Id"]), None)
        if found is None:
            return "ERROR"
        return "RUNNING" if found["State"] == "RUNNING" else _CRAWLS.get(found["State"], "FAILED")

    def _fire(self, run_id: str, trigger: Mapping[str, Any]) -> None:
        """Start what the trigger names. What cannot be started is an action in the state ERROR, with the reason."""
        workflow = (self.records.get(run_id) or {})["Name"]
        for action in trigger["Actions"]:
            entry = {"Key": uuid.uuid4().hex, "Trigger": trigger["Name"]}
            starts: Callable[..., dict[str, Any]] = self._start_job if action.get("JobName") else self._start_crawler
            try:
                entry |= starts(action, trigger["Name"], workflow, run_id)
            except (ClientError, EntityNotFoundError) as error:
                name = "JobName" if action.get("JobName") else "CrawlerName"
                entry |= {name: action[name], "Id": "", "State": "ERROR", "Message": str(error)}
                _LOG.warning("trigger %s: %s", trigger["Name"], error)
            self.records.change(run_id, lambda document, entry=entry: document["Actions"].append(entry))  # type: ignore[misc]

    def _start_job(self, action: Mapping[str, Any], trigger: str, workflow: str, run_id: str) -> dict[str, Any]:
        own = {"--WORKFLOW_NAME": workflow, "--WORKFLOW_RUN_ID": run_id} if workflow else {}
        options = {name: action[name] for name in ("Timeout", "SecurityConfiguration", "NotificationProperty") if action.get(name)}
        arguments = {**(action.get("Arguments") or {}), **own}
        job_run = self.glue.start_job_run(JobName=action["JobName"], Arguments=arguments, **options)["JobRunId"]
        current = self.supervisor.store.get(job_run)
        if current is not None:
            self.supervisor.store.change(job_run, description={**current.description, "TriggerName": trigger})
        return {"JobName": action["JobName"], "Id": job_run, "State": "STARTING"}

    def _start_crawler(self, action: Mapping[str, Any], trigger: str, workflow: str, run_id: str) -> dict[str, Any]:
        name = action["CrawlerName"]
        self.glue.start_crawler(Name=name)
        crawl = self.glue.list_crawls(CrawlerName=name, MaxResults=1)["Crawls"][0]
        return {"CrawlerName": name, "Id": crawl["CrawlId"], "State": "RUNNING"}


def statistics(run: Mapping[str, Any]) -> dict[str, int]:
    """WorkflowRunStatistics."""
    states = [action["State"] for action in run["Actions"]]
    counted = {
        "TimeoutActions": ("TIMEOUT",), "FailedActions": ("FAILED",), "StoppedActions": ("STOPPED", "CANCELLED"),
        "SucceededActions": ("SUCCEEDED",), "RunningActions": ACTIVE, "ErroredActions": ("ERROR",), "WaitingActions": ("WAITING",),
    }  # fmt: skip
    return {"TotalActions": len(states), **{name: sum(state in of for state in states) for name, of in counted.items()}}


def _holds(predicate: Mapping[str, Any], actions: list[dict[str, Any]]) -> bool:
    """Is the predicate true of what the run has done?"""

    def one(condition: Mapping[str, Any]) -> bool:
        name = "JobName" if condition.get("JobName") else "CrawlerName"
        wanted = condition.get("State") or condition.get("CrawlState")
        return any(action.get(name) == condition[name] and action["State"] == wanted for action in actions)

    found = [one(condition) for condition in predicate["Conditions"]]
    return any(found) if predicate.get("Logical") == "ANY" else all(found)
