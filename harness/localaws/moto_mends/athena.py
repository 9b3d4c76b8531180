"""Athena: named queries that can be changed and deleted, workgroups that can be changed, and resources that have no tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["mend"]


def mend(home: Path) -> None:
    """Add the operations to moto's own, so that they are journaled as its others are."""
    from moto.athena import responses

    athena: Any = responses.AthenaResponse
    athena.delete_named_query = _delete_named_query
    athena.update_named_query = _update_named_query
    athena.update_work_group = _update_work_group
    list_tags = athena.list_tags_for_resource

    def list_tags_for_resource(self: Any) -> Any:
        """moto takes a workgroup without tags for one that does not exist."""
        arn = self._get_param("ResourceARN")
        groups = [group for group in self.athena_backend.work_groups.values() if group.arn == arn]
        return '{"Tags": []}' if groups and not self.athena_backend.tagger.has_tags(arn) else list_tags(self)

    athena.list_tags_for_resource = list_tags_for_resource


def _named_query(self: Any) -> Any:
    found = self.athena_backend.get_named_query(self._get_param("NamedQueryId"))
    return found, None if found else self.error(f"NamedQuery {self._get_param('NamedQueryId')} was not found", 400)


def _delete_named_query(self: Any) -> Any:
    query, error = _named_query(self)
    if error:
        return error
    del self.athena_backend.named_queries[query.id]
    return "{}"


def _update_named_query(self: Any) -> Any:
    query, error = _named_query(self)
    if error:
        return error
    query.name, query.query_string = self._get_param("Name"), self._get_param("QueryString")
    query.description = self._get_param("Description", query.description)
    return "{}"


def _update_work_group(self: Any) -> Any:
    """What is given replaces what was (UpdateWorkGroup and WorkGroupConfigurationUpdates, in the Athena API reference)."""
    group = self.athena_backend.work_groups.get(self._get_param("WorkGroup"))
    if group is None:
        return self.error("WorkGroup does not exist", 400)
    updates = dict(self._get_param("ConfigurationUpdates") or {})
    if result := updates.pop("ResultConfigurationUpdates", None):
        kept = dict(group.configuration.get("ResultConfiguration") or {})
        for name in ("OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner", "AclConfiguration"):
            if result.get(f"Remove{name}"):
                kept.pop(name, None)
            elif name in result:
                kept[name] = result[name]
        group.configuration["ResultConfiguration"] = kept
    if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
        group.configuration.pop("BytesScannedCutoffPerQuery", None)
    group.configuration.update(updates)
    group.description = self._get_param("Description", group.description)
    group.state = self._get_param("State", group.state)
    return "{}"
