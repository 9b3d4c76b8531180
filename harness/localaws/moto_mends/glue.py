"""Glue: updates of jobs and connections, the end of a connection, and what GetJob and GetConnection leave out.

An update replaces the whole definition (UpdateJob and UpdateConnection in the Glue Web API reference); what was not given is gone.
Names, ARNs, tags, times of creation and runs stay.
"""

from __future__ import annotations

import functools
import inspect
from pathlib import Path
from typing import Any

__all__ = ["mend"]

_KEPT_OF_A_JOB = ("created_on", "job_runs")


def mend(home: Path) -> None:
    """Add the operations to moto's own, so that they are journaled as its others are."""
    from moto.glue import models, responses

    glue: Any = responses.GlueResponse
    glue.update_job = _update_job
    glue.update_connection = _update_connection
    glue.delete_connection = _delete_connection
    _mend_answers(models)


def _update_job(self: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.core.utils import camelcase_to_underscores
    from moto.glue.models import FakeJob

    name = self._get_param("JobName")
    former = self.glue_backend.get_job(name)  # EntityNotFoundException when there is none
    update = {camelcase_to_underscores(key): value for key, value in (self._get_param("JobUpdate") or {}).items()}
    fields: dict[str, Any] = {field: update.get(field) for field in _job_fields()}
    job = FakeJob(name=name, backend=self.glue_backend, **fields)
    for kept in _KEPT_OF_A_JOB:
        setattr(job, kept, getattr(former, kept))
    self.glue_backend.jobs[name] = job
    return ActionResult({"JobName": name})


def _job_fields() -> list[str]:
    from moto.glue.models import FakeJob

    return [name for name in inspect.signature(FakeJob.__init__).parameters if name not in ("self", "backend", "name")]


def _update_connection(self: Any) -> Any:
    from moto.core.responses import EmptyResult
    from moto.core.utils import utcnow

    name, given = self._get_param("Name"), self._get_param("ConnectionInput")
    connections = self.glue_backend.connections
    former = self.glue_backend.get_connection(self._get_param("CatalogId"), name, "")
    updated = type(former)(self.glue_backend, former.catalog_id, {**given, "Name": name}, {})
    updated.created_time, updated.updated_time = former.created_time, utcnow()
    connections[name] = updated
    return EmptyResult()


def _delete_connection(self: Any) -> Any:
    from moto.core.responses import EmptyResult

    name = self._get_param("ConnectionName")
    self.glue_backend.get_connection(self._get_param("CatalogId"), name, "")
    del self.glue_backend.connections[name]
    return EmptyResult()


def _mend_answers(models: Any) -> None:
    connection, job = models.FakeConnection.as_dict, models.FakeJob.__init__

    def connection_as_dict(self: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        answer: dict[str, Any] = connection(self, *arguments, **named)
        kept = {key: self.connection_input[key] for key in ("ConnectionType", "MatchCriteria") if key in self.connection_input}
        return answer | kept

    @functools.wraps(job)
    def make_job(self: Any, *arguments: Any, **named: Any) -> None:
        job(self, *arguments, **named)
        self.execution_class = named.get("execution_class")  # moto says STANDARD for what nobody asked for

    models.FakeConnection.as_dict = connection_as_dict
    models.FakeJob.__init__ = make_job
