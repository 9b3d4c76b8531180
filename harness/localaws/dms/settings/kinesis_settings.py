"""KinesisSettings of a target endpoint (DMS guide, "Using Amazon Kinesis Data Streams as a target")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localaws.dms.settings.reading import Reader

__all__ = ["KinesisSettings"]

_TAKEN = (
    "StreamArn", "MessageFormat", "ServiceAccessRoleArn", "IncludeTransactionDetails", "IncludePartitionValue",
    "PartitionIncludeSchemaTable", "IncludeTableAlterOperations", "IncludeControlDetails", "IncludeNullAndEmpty", "NoHexPrefix",
    "UseLargeIntegerValue",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KinesisSettings:
    """Settings with DMS's defaults."""

    stream: str
    one_line: bool = False
    transactions: bool = False
    partition_value: bool = False
    partition_with_table: bool = False
    alterations: bool = False
    control_details: bool = False
    empty: bool = False
    hex_prefix: bool = True

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> KinesisSettings:
        """From the endpoint's KinesisSettings.

        Raises:
            SettingsError: one is unknown, missing, or of another type.
        """
        given = Reader({name: value for name, value in values.items() if value != ""}, "KinesisSettings")
        given.only(_TAKEN)
        given.flag("UseLargeIntegerValue", True)  # whole numbers are always written as they are
        return cls(
            stream=given.text("StreamArn"),
            one_line=given.one_of("MessageFormat", ("json", "json-unformatted"), "json") == "json-unformatted",
            transactions=given.flag("IncludeTransactionDetails", False),
            partition_value=given.flag("IncludePartitionValue", False),
            partition_with_table=given.flag("PartitionIncludeSchemaTable", False),
            alterations=given.flag("IncludeTableAlterOperations", False),
            control_details=given.flag("IncludeControlDetails", False),
            empty=given.flag("IncludeNullAndEmpty", False),
            hex_prefix=not given.flag("NoHexPrefix", False),
        )
