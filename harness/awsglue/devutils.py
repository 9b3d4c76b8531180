"""Jobs described and deployed from a session, through boto3 (`GlueJobUtils`)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from awsglue.exceptions import BadOptionError

__all__ = ["Command", "Connections", "ExecutionProperty", "GlueJobUtils", "Job"]


class _Described:
    """Parts of a job's description: shown as the dictionary that they are."""

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def __repr__(self) -> str:
        return repr(self.as_dict())


class ExecutionProperty(_Described):
    """How many runs of a job may be at work at once."""

    def __init__(self, maxConcurrentRuns=1):
        self.maxConcurrentRuns = maxConcurrentRuns


class Command(_Described):
    """Kind of a job (`glueetl`) and where its script is."""

    def __init__(self, name, scriptLocation):
        self.name, self.scriptLocation = name, scriptLocation


class Connections(_Described):
    """Names of a job's connections."""

    def __init__(self, connections=[]):  # noqa: B006 the API's default; never changed
        self.connections = connections


class Job(_Described):
    """Description of a job."""

    def __init__(self):
        self.name = self.description = self.logUri = self.role = ""
        self.executionProperty = ExecutionProperty()
        self.command = Command("glueetl", "UNKNOWN")
        self.defaultArguments: dict[str, str] = {}
        self.connections = Connections()
        self.maxRetries = 1
        self.allocatedCapacity = 1
        self.createdOn = self.lastModifiedOn = datetime.now(UTC)

    def as_dict(self):
        """All of it; empty description and connections are left out."""
        described = {name: part.as_dict() if isinstance(part, _Described) else part for name, part in vars(self).items()}
        del described["allocatedCapacity"]
        left_out = {"description": self.description, "connections": self.connections.connections}
        return {name: value for name, value in described.items() if left_out.get(name, True)}

    def as_job_create_dict(self):
        """What making the job needs."""
        described = copy.deepcopy(self.as_dict())
        return {name: value for name, value in described.items() if name not in ("createdOn", "lastModifiedOn")}

    def as_job_update_dict(self):
        """What changing the job needs."""
        return {name: value for name, value in self.as_job_create_dict().items() if name != "name"}


class GlueJobUtils:
    """Jobs of the service. (The vendor's library calls an older form of the API; this one calls what boto3 has.)"""

    def __init__(self, glue_context):
        import boto3

        self.glue, self.s3 = boto3.client("glue"), boto3.client("s3")

    def get_jobs(self, nextToken=""):
        """`jobs`, a page of descriptions, and `NextToken` when there are more."""
        page = self.glue.get_jobs(**({"NextToken": nextToken} if nextToken else {}))
        more = {"NextToken": page["NextToken"]} if page.get("NextToken") else {}
        return {"jobs": [_job_of(one) for one in page["Jobs"]], **more}

    def get_job(self, jobName):
        """Description of a job."""
        return _job_of(self.glue.get_job(JobName=jobName)["Job"])

    def create_job(self, job, file=""):
        """Makes the job, and uploads its script when a file is given."""
        self._upload(job.command.scriptLocation, file)
        return self.glue.create_job(**_capitalised(job.as_job_create_dict()))

    def update_job(self, job, file=""):
        """Changes the job, and uploads its script when a file is given."""
        self._upload(job.command.scriptLocation, file)
        return self.glue.update_job(JobName=job.name, JobUpdate=_capitalised(job.as_job_update_dict()))

    def delete_job(self, jobName):
        """Deletes the job."""
        return self.glue.delete_job(JobName=jobName)

    def _upload(self, location: str, file: str) -> None:
        if not file:
            return
        url = urlsplit(location)
        key = url.path.lstrip("/")
        if url.scheme != "s3" or not key or key.endswith("/"):
            raise BadOptionError("scriptLocation", f"{location!r} is no object on S3", ["s3://bucket/path/script.py"])
        self.s3.put_object(Bucket=url.netloc, Key=key, Body=Path(file).read_bytes())


def _capitalised(described: dict[str, Any]) -> dict[str, Any]:
    """Names as boto3 has them. A job's own arguments keep theirs."""
    changed = {}
    for name, value in described.items():
        inner = _capitalised(value) if isinstance(value, dict) and name != "defaultArguments" else value
        if inner not in ("", None):
            changed[name[0].upper() + name[1:]] = inner
    return changed


def _job_of(found: dict[str, Any]) -> Job:
    job = Job()
    job.name, job.role = found["Name"], found.get("Role", "")
    job.description, job.logUri = found.get("Description", ""), found.get("LogUri", "")
    job.defaultArguments, job.maxRetries = found.get("DefaultArguments", {}), found.get("MaxRetries", 0)
    job.executionProperty = ExecutionProperty(found.get("ExecutionProperty", {}).get("MaxConcurrentRuns", 1))
    command = found.get("Command", {})
    job.command = Command(command.get("Name", "glueetl"), command.get("ScriptLocation", ""))
    job.connections = Connections(found.get("Connections", {}).get("Connections", []))
    job.createdOn, job.lastModifiedOn = found.get("CreatedOn", job.createdOn), found.get("LastModifiedOn", job.lastModifiedOn)
    return job
