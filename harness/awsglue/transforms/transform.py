"""`GlueTransform`, the base of every transform, and what describes one from its own signature."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["DescribedTransform", "GlueTransform"]


class GlueTransform:
    """A transform is a class without state whose instances are called. Scripts call `Transform.apply(…)`."""

    @classmethod
    def apply(cls, *args, **kwargs):
        transform: Any = cls()
        return transform(*args, **kwargs)

    @classmethod
    def name(cls):
        return cls.__name__

    @classmethod
    def describeArgs(cls):
        """List of `{"name", "type", "description", "optional", "defaultValue"}`; NotImplementedError of a transform that says nothing."""
        raise NotImplementedError(f"describeArgs method not implemented for Transform {cls.__name__}")

    @classmethod
    def describeReturn(cls):
        """`{"type", "description"}` of the result."""
        raise NotImplementedError(f"describeReturn method not implemented for Transform {cls.__name__}")

    @classmethod
    def describeTransform(cls):
        """What the transform does, in a sentence."""
        raise NotImplementedError(f"describeTransform method not implemented for Transform {cls.__name__}")

    @classmethod
    def describeErrors(cls):
        """List of `{"type", "description"}` of errors."""
        raise NotImplementedError(f"describeErrors method not implemented for Transform {cls.__name__}")

    @classmethod
    def describe(cls):
        """All of it."""
        described = {
            "name": cls.name(), "args": cls.describeArgs(), "returns": cls.describeReturn(), "description": cls.describeTransform(),
            "raises": cls.describeErrors(), "location": "internal",
        }  # fmt: skip
        return {"transform": described}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.__dict__.items())))

    def __repr__(self) -> str:
        return f"<Transform: {self.name()}>"


_ARGUMENTS = {
    "frame": ("DynamicFrame", "The frame to transform"), "frame1": ("DynamicFrame", "The first frame"),
    "frame2": ("DynamicFrame", "The second frame"), "dfc": ("DynamicFrameCollection", "The frames"), "key": ("String", "Name of a frame"),
    "paths": ("List", "Full paths of fields"), "path": ("String", "Full path of a field, or where to write"),
    "mappings": ("List", "Tuples (source, source type, target, target type)"),
    "case_sensitive": ("Boolean", "Whether names of sources are compared with case"),
    "f": ("Function", "Function of one record"), "callable": ("Function", "Function of a frame and a transformation_ctx"),
    "preservesPartitioning": ("Boolean", "Taken and not used"), "num_partitions": ("Integer", "How many partitions"),
    "shuffle": ("Boolean", "Whether records may move between partitions"), "old_name": ("String", "Full path of the field"),
    "new_name": ("String", "New full path"), "comparison_dict": ("Dictionary", "Path to comparator to value"),
    "name1": ("String", "Name of the frame split off"), "name2": ("String", "Name of the rest"),
    "name": ("String", "Name of the root frame"),
    "keys1": ("List", "Keys of the first frame"), "keys2": ("List", "Keys of the second frame"),
    "options": ("Dictionary", "Further options"), "staging_path": ("String", "Where the API stages frames"),
    "specs": ("List", "Tuples (path, action)"), "choice": ("String", "One action for every choice"),
    "database": ("String", "Database of the catalog"), "table_name": ("String", "Table of the catalog"),
    "catalog_id": ("String", "Account of the catalog"), "format": ("String", "Format of the text"),
    "BaseTransform": ("GlueTransform", "Transform to apply to each frame"), "frame_name": ("String", "Name of its parameter for the frame"),
    "base_kwargs": ("Dictionary", "Its other arguments"), "transformation_ctx": ("String", "Name of this operation's state"),
    "info": ("String", "Text for error messages"),
    "stageThreshold": ("Integer", "Error records of this operation at which it fails; 0: never"),
    "totalThreshold": ("Integer", "Error records up to this operation at which it fails; 0: never"),
}  # fmt: skip


class DescribedTransform(GlueTransform):
    """A transform that describes itself by its docstring, its signature and `returns`."""

    returns = "DynamicFrame"

    @classmethod
    def describeArgs(cls):
        """As in the API; defaults are texts."""
        return [_described(one) for name, one in inspect.signature(cls.__call__).parameters.items() if name != "self"]

    @classmethod
    def describeReturn(cls):
        return {"type": cls.returns, "description": cls.describeTransform()}

    @classmethod
    def describeTransform(cls):
        return (cls.__doc__ or "").strip().splitlines()[0]

    @classmethod
    def describeErrors(cls):
        return [{"type": "BadOptionError", "description": "A path, option or value that is not there; the message says what is"}]


def _described(parameter: inspect.Parameter) -> dict[str, Any]:
    kind, description = _ARGUMENTS[parameter.name]
    optional = parameter.default is not parameter.empty or parameter.kind is parameter.VAR_KEYWORD
    default = None if parameter.default in (parameter.empty, None) else str(parameter.default)
    return {"name": parameter.name, "type": kind, "description": description, "optional": optional, "defaultValue": default}
