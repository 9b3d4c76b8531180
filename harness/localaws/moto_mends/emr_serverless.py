"""EMR Serverless: an application that was just made is CREATED, not STARTED, and keeps its processors' architecture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["mend"]


def mend(home: Path) -> None:
    """The state that CreateApplication leads to, and what GetApplication answers (EMR Serverless API reference)."""
    from moto.emrserverless import models, responses

    models.APPLICATION_STATUS = "CREATED"
    response: Any = responses.EMRServerlessResponse
    create = response.create_application

    def create_application(self: Any) -> Any:
        answer = create(self)
        application = self.emrserverless_backend.get_application(answer.result["applicationId"])
        application.architecture = self._get_param("architecture", "X86_64")
        return answer

    response.create_application = create_application
