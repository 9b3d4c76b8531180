"""Secrets Manager: rotation is kept as its API reference says, and whoever moves AWSCURRENT moves what clients get.

moto calls a rotation function by a back end that runs nothing and then says that the secret was rotated. Here RotateSecret keeps the
settings and the version that is to come; `localaws.secretrotation` calls the function, and the function moves the label.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from localaws.schedules import ScheduleError, next_after

__all__ = ["mend"]


def mend(home: Path) -> None:
    """Mend secrets and their rotation."""
    from moto.secretsmanager import models

    backend: Any = models.SecretsManagerBackend
    backend.rotate_secret = _rotate_secret
    _mend_labels(backend)
    _mend_cancelling(backend)
    secrets: Any = models.FakeSecret
    told = secrets.to_dict

    def to_dict(secret: Any) -> dict[str, Any]:
        return told(secret) | _rotation(secret)

    secrets.to_dict = to_dict


def _rotate_secret(
    self: Any, secret_id: str, client_request_token: str | None = None, rotation_lambda_arn: str | None = None,
    rotation_rules: dict[str, Any] | None = None, rotate_immediately: bool = True,
) -> str:  # fmt: skip
    """Keep the settings, and the empty version that the function is to fill."""
    from moto.secretsmanager import exceptions

    if secret_id not in self.secrets:
        raise exceptions.SecretNotFoundException
    secret = self.secrets[secret_id]
    if secret.is_deleted():
        raise exceptions.InvalidRequestException("You can't perform this operation on the secret because it was marked for deletion.")
    if not (rotation_lambda_arn or secret.rotation_lambda_arn):
        raise exceptions.InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
    if rotation_rules is not None:
        _check(rotation_rules)
        secret.rotation_rules = dict(rotation_rules)
    version_id = self._from_client_request_token(client_request_token)
    secret.rotation_lambda_arn = rotation_lambda_arn or secret.rotation_lambda_arn
    secret.rotation_requested = True
    secret.rotation_enabled = bool(getattr(secret, "rotation_rules", None))
    secret.next_rotation_date = _next(secret)
    if version_id in secret.versions:  # asked again, as a client does that got no answer
        return str(secret.to_short_dict(version_id=version_id))
    if rotate_immediately and secret.versions:
        secret.remove_version_stages_from_old_versions(["AWSPENDING"])
        secret.versions[version_id] = {"createdate": _now(), "version_id": version_id, "version_stages": ["AWSPENDING"]}
        return str(secret.to_short_dict(version_id=version_id))
    return str(secret.to_short_dict(include_version_id=False))


def _now() -> int:
    """The time of the call, also when it is replayed."""
    from moto.core.utils import utcnow

    return int(utcnow().replace(tzinfo=UTC).timestamp())


def _check(rules: dict[str, Any]) -> None:
    """RotationRulesType, in the API reference.

    Raises:
        InvalidParameterException: a rule is not valid.
    """
    from moto.secretsmanager.exceptions import InvalidParameterException

    days, expression = rules.get("AutomaticallyAfterDays"), rules.get("ScheduleExpression")
    if (days is None) == (expression is None):
        raise InvalidParameterException("You must specify either AutomaticallyAfterDays or ScheduleExpression, and not both.")
    if days is not None and not 1 <= days <= 1000:
        raise InvalidParameterException("RotationRules.AutomaticallyAfterDays must be within 1-1000.")
    if expression is not None:
        try:
            next_after(expression, datetime.now(UTC))
        except ScheduleError as error:
            raise InvalidParameterException(f"Invalid ScheduleExpression: {error.message}") from error


def _next(secret: Any) -> int | None:
    """Counted from the last rotation, or from now where there was none. What is late, because a rotation failed, has another day."""
    rules = getattr(secret, "rotation_rules", None)
    if not rules or not secret.rotation_enabled:
        return None
    now = datetime.fromtimestamp(_now(), UTC)
    if "ScheduleExpression" in rules:
        due = next_after(rules["ScheduleExpression"], now)
        return None if due is None else int(due.timestamp())
    last = datetime.fromtimestamp(secret.last_rotation_date, UTC) if secret.last_rotation_date else now
    day = last + timedelta(days=rules["AutomaticallyAfterDays"])
    return int((day if day > now else now + timedelta(days=1)).timestamp())


def _rotation(secret: Any) -> dict[str, Any]:
    """DescribeSecret's part about rotation; what there is none of is left out."""
    rules = getattr(secret, "rotation_rules", None)
    if rules:
        return {"RotationRules": rules, "NextRotationDate": secret.next_rotation_date}
    return {}


def _mend_labels(backend: Any) -> None:
    """Who moves AWSCURRENT has rotated the secret, whether by a function or by hand ("Rotation by Lambda function")."""
    move, put = backend.update_secret_version_stage, backend.put_secret_value

    def update_secret_version_stage(
        self: Any, secret_id: str, version_stage: str, remove_from_version_id: str, move_to_version_id: str
    ) -> tuple[str, str]:
        answer: tuple[str, str] = move(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
        secret = self.secrets[secret_id]
        secret.last_changed_date = _now()
        if version_stage == "AWSCURRENT" and move_to_version_id:
            secret.set_default_version_id(move_to_version_id)
            _rotated(secret)
        return answer

    def put_secret_value(self: Any, secret_id: str, *given: Any, **named: Any) -> str:
        answer: str = put(self, secret_id, *given, **named)
        if "AWSCURRENT" in (named.get("version_stages") or ["AWSCURRENT"]):
            _rotated(self.secrets[secret_id])
        return answer

    backend.update_secret_version_stage = update_secret_version_stage
    backend.put_secret_value = put_secret_value


def _rotated(secret: Any) -> None:
    if secret.rotation_enabled:
        secret.last_rotation_date = _now()
        secret.next_rotation_date = _next(secret)


def _mend_cancelling(backend: Any) -> None:
    cancel = backend.cancel_rotate_secret

    def cancel_rotate_secret(self: Any, secret_id: str) -> str:
        """The answer names the version that was to come, where there is one."""
        cancel(self, secret_id)
        secret = self.secrets[secret_id]
        secret.next_rotation_date = None
        stages = {version: each["version_stages"] for version, each in secret.versions.items()}
        pending = [version for version, labels in stages.items() if "AWSPENDING" in labels and "AWSCURRENT" not in labels]
        return str(secret.to_short_dict(version_id=pending[0] if pending else None, include_version_id=bool(pending)))

    backend.cancel_rotate_secret = cancel_rotate_secret
