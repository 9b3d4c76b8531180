"""`ApplyMapping` for a DataFrame."""

from __future__ import annotations

from awsglue._operations.mapping import apply_mapping, mappings_of

__all__ = ["ApplyMapping"]


class ApplyMapping:
    """Fields of a DataFrame mapped as those of a DynamicFrame are."""

    @staticmethod
    def apply(frame, mappings):
        return apply_mapping(mappings_of(mappings), case_sensitive=False)(frame)

    @classmethod
    def describeArgs(cls):
        kinds = {"frame": "DataFrame to transform", "mappings": "Tuples (source, source type, target, target type)"}
        return [
            {"name": name, "type": "DataFrame" if name == "frame" else "List", "description": text, "optional": False, "defaultValue": None}
            for name, text in kinds.items()
        ]

    @classmethod
    def describeTransform(cls):
        return "Apply a declarative mapping to this DataFrame."

    @classmethod
    def describeErrors(cls):
        return []

    @classmethod
    def describeReturn(cls):
        return {"type": "DataFrame", "description": "DataFrame after applying mappings."}
