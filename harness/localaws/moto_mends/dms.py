"""DMS: definitions that read back as they were given, can be changed and tagged, and keep their identifiers over a restart.

moto draws the last part of an ARN from a generator that the journal's seed does not reach, forgets the subnets of a group, tells times as
text, and has no changes of endpoints and tasks. What runs is no mend: `localaws.dms.operations`. Fields follow the DMS API reference.
"""

from __future__ import annotations

import json
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localaws.ports import LOOPBACK

__all__ = ["mend"]

_ENGINE_VERSION = "3.5.4"
_ZONE = "us-east-1a"
_OF_A_TASK = {
    "ReplicationTaskIdentifier": "id",
    "MigrationType": "migration_type",
    "TableMappings": "table_mappings",
    "ReplicationTaskSettings": "replication_task_settings",
}
_BOUNDS = ("CdcStartPosition", "CdcStopPosition")
"""Members of a task that moto leaves out: where a start that says nothing else begins and ends."""
_OF_AN_ENDPOINT = {
    "EndpointIdentifier": "endpoint_identifier",
    "EndpointType": "endpoint_type",
    "EngineName": "engine_name",
    "Username": "username",
    "Password": "password",
    "ServerName": "server_name",
    "Port": "port",
    "DatabaseName": "database_name",
    "ExtraConnectionAttributes": "extra_connection_attributes",
    "CertificateArn": "certificate_arn",
    "SslMode": "ssl_mode",
    "ServiceAccessRoleArn": "service_access_role_arn",
    "S3Settings": "s3_settings",
    "RedshiftSettings": "redshift_settings",
    "MySQLSettings": "my_sql_settings",
    "PostgreSQLSettings": "postgre_sql_settings",
    "KinesisSettings": "kinesis_settings",
    "KafkaSettings": "kafka_settings",
}


def mend(home: Path) -> None:
    """Add the operations to moto's own, so that they are journaled as its others are."""
    from moto.dms import models, responses

    models.random_id = _random_id
    dms: Any = responses.DatabaseMigrationServiceResponse
    dms.create_replication_subnet_group = _create_subnet_group
    dms.modify_replication_subnet_group = _modify_subnet_group
    dms.modify_endpoint = _modify_endpoint
    dms.modify_replication_task = _modify_task
    create = dms.create_replication_task

    def create_task(self: Any) -> str:
        answer = json.loads(create(self))["ReplicationTask"]
        return _kept_bounds(self, self.dms_backend.replication_tasks[answer["ReplicationTaskArn"]])

    dms.create_replication_task = create_task
    dms.add_tags_to_resource = _add_tags
    dms.remove_tags_from_resource = _remove_tags
    _mend_answers(models)


def _random_id(uppercase: bool = True, length: int = 13) -> str:
    """From the generator that is seeded for each write."""
    from moto.moto_api._internal import mock_random

    letters = string.ascii_uppercase if uppercase else string.ascii_lowercase
    rest = (mock_random.choice(letters + string.digits) for _ in range(length - 1))
    return mock_random.choice(letters) + "".join(rest)


def _mend_answers(models: Any) -> None:
    instance, endpoint, make = models.FakeReplicationInstance.to_dict, models.Endpoint.to_dict, models.Endpoint.__init__

    def instance_to_dict(self: Any) -> dict[str, Any]:
        """An instance is this machine: its address is loopback, and it is known where and in which group it stands."""
        groups = models.dms_backends[self.arn.split(":")[4]][self.region].replication_subnet_groups
        group = groups.get(self.replication_subnet_group_identifier)
        document = {
            **instance(self),
            "InstanceCreateTime": self.creation_date.timestamp(),
            "AvailabilityZone": self.availability_zone or _ZONE,
            "EngineVersion": self.engine_version or _ENGINE_VERSION,
            "NetworkType": self.network_type or "IPV4",
            "PreferredMaintenanceWindow": self.preferred_maintenance_window or "sun:06:00-sun:14:00",
            "MultiAZ": bool(self.multi_az),
            "PubliclyAccessible": bool(self.publicly_accessible),
            "ReplicationInstancePrivateIpAddresses": [LOOPBACK],
            "ReplicationInstancePrivateIpAddress": LOOPBACK,
            "ReplicationInstancePublicIpAddresses": [],
            "ReplicationInstancePublicIpAddress": None,
            "ReplicationSubnetGroup": {"ReplicationSubnetGroupIdentifier": "default"} if group is None else group.to_dict(),
        }
        return {name: value for name, value in document.items() if value is not None}

    def make_endpoint(self: Any, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        self.ssl_mode = self.ssl_mode or "none"

    def endpoint_to_dict(self: Any) -> dict[str, Any]:
        return {name: value for name, value in endpoint(self).items() if value is not None} | {"Status": "active"}

    models.FakeReplicationInstance.to_dict = instance_to_dict
    models.Endpoint.__init__, models.Endpoint.to_dict = make_endpoint, endpoint_to_dict
    models.FakeReplicationSubnetGroup.to_dict = _subnet_group_to_dict
    task = models.FakeReplicationTask.to_dict
    models.FakeReplicationTask.to_dict = lambda self: {
        **task(self),
        "ReplicationTaskCreationDate": self.creation_date.timestamp(),
        **getattr(self, "bounds", {}),
    }


def _subnet_group_to_dict(group: Any) -> dict[str, Any]:
    return {
        "ReplicationSubnetGroupIdentifier": group.replication_subnet_group_identifier,
        "ReplicationSubnetGroupDescription": group.description,
        "VpcId": group.vpc_id,
        "SubnetGroupStatus": "Complete",
        "SupportedNetworkTypes": ["IPV4"],
        "Subnets": [
            {"SubnetIdentifier": subnet, "SubnetAvailabilityZone": {"Name": zone}, "SubnetStatus": "Active"}
            for subnet, zone in group.subnets.items()
        ],
    }


def _create_subnet_group(self: Any) -> str:
    given = json.loads(self.body)
    name = given["ReplicationSubnetGroupIdentifier"]
    group = self.dms_backend.create_replication_subnet_group(name, given["ReplicationSubnetGroupDescription"], given["SubnetIds"])
    _place(self, group, given["SubnetIds"])
    self.dms_backend.tagger.tag_resource(f"arn:aws:dms:{self.region}:{self.current_account}:subgrp:{name}", given.get("Tags") or [])
    return json.dumps({"ReplicationSubnetGroup": group.to_dict()})


def _modify_subnet_group(self: Any) -> str:
    given = json.loads(self.body)
    group = _found(self.dms_backend.replication_subnet_groups, given["ReplicationSubnetGroupIdentifier"], "subnet group")
    group.description = given.get("ReplicationSubnetGroupDescription") or group.description
    _place(self, group, given["SubnetIds"])
    return json.dumps({"ReplicationSubnetGroup": group.to_dict()})


def _place(self: Any, group: Any, subnets: list[str]) -> None:
    """Where the subnets lie; ones that EC2 does not know are kept as they are named."""
    from moto.ec2.models import ec2_backends

    known = {subnet.id: subnet for subnet in ec2_backends[self.current_account][self.region].describe_subnets()}
    group.subnets = {name: known[name].availability_zone if name in known else _ZONE for name in subnets}
    group.vpc_id = next((known[name].vpc_id for name in subnets if name in known), "")


def _modify_endpoint(self: Any) -> str:
    """What is given replaces what was; of a structure of settings its members, unless ExactSettings says the whole (ModifyEndpoint)."""
    given = json.loads(self.body)
    endpoints = {endpoint.endpoint_arn: endpoint for endpoint in self.dms_backend.endpoints.values()}
    endpoint = _found(endpoints, given["EndpointArn"], "endpoint")
    former = endpoint.endpoint_identifier
    for name, attribute in _OF_AN_ENDPOINT.items():
        if name in given:
            kept = getattr(endpoint, attribute)
            merged = isinstance(kept, dict) and not given.get("ExactSettings")
            setattr(endpoint, attribute, {**kept, **given[name]} if merged else given[name])
    self.dms_backend.endpoints[endpoint.endpoint_identifier] = self.dms_backend.endpoints.pop(former)
    return json.dumps({"Endpoint": endpoint.to_dict()})


def _modify_task(self: Any) -> str:
    given = json.loads(self.body)
    task = _found(self.dms_backend.replication_tasks, given["ReplicationTaskArn"], "replication task")
    for name, attribute in _OF_A_TASK.items():
        if name in given:
            setattr(task, attribute, given[name])
    return _kept_bounds(self, task)


def _kept_bounds(self: Any, task: Any) -> str:
    given = json.loads(self.body)
    kept = {name: given[name] for name in _BOUNDS if name in given}
    if given.get("CdcStartTime"):
        kept["CdcStartPosition"] = datetime.fromtimestamp(float(given["CdcStartTime"]), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    task.bounds = {**getattr(task, "bounds", {}), **kept}
    return json.dumps({"ReplicationTask": task.to_dict()})


def _add_tags(self: Any) -> str:
    given = json.loads(self.body)
    self.dms_backend.tagger.tag_resource(given["ResourceArn"], given["Tags"])
    return "{}"


def _remove_tags(self: Any) -> str:
    given = json.loads(self.body)
    self.dms_backend.tagger.untag_resource_using_names(given["ResourceArn"], given["TagKeys"])
    return "{}"


def _found(things: dict[str, Any], key: str, kind: str) -> Any:
    from moto.dms.exceptions import ResourceNotFoundFault

    if key not in things:
        raise ResourceNotFoundFault(f"The {kind} {key} could not be found.")
    return things[key]
