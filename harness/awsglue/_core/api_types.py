"""Between the API's types (`awsglue.gluetypes`) and those of Spark, choices encoded (`model`)."""

from __future__ import annotations

from pyspark.sql import types as T

from awsglue import gluetypes as G
from awsglue._core.model import alternatives, choice_of, is_choice
from awsglue.exceptions import BadOptionError

__all__ = ["from_spark", "to_spark", "tree_string"]

_PAIRS: list[tuple[type[T.DataType], type[G.DataType]]] = [
    (T.BinaryType, G.BinaryType), (T.BooleanType, G.BooleanType), (T.ByteType, G.ByteType), (T.DateType, G.DateType),
    (T.DoubleType, G.DoubleType), (T.FloatType, G.FloatType), (T.IntegerType, G.IntegerType), (T.LongType, G.LongType),
    (T.NullType, G.NullType), (T.ShortType, G.ShortType), (T.StringType, G.StringType), (T.TimestampType, G.TimestampType),
    (T.TimestampNTZType, G.TimestampNTZType),
]  # fmt: skip
_TO_API = dict(_PAIRS)
_TO_SPARK = {api: spark for spark, api in _PAIRS} | {G.UnknownType: T.NullType, G.EnumType: T.StringType}


def from_spark(data_type: T.DataType) -> G.DataType:
    """The API's type of a Spark type. Raises BadOptionError for one that the API does not have (intervals)."""
    if is_choice(data_type):
        return G.ChoiceType([from_spark(one) for one in alternatives(data_type)])
    if isinstance(data_type, T.StructType):
        return G.StructType([G.Field(field.name, from_spark(field.dataType)) for field in data_type.fields])
    if isinstance(data_type, T.ArrayType):
        return G.ArrayType(from_spark(data_type.elementType))
    if isinstance(data_type, T.MapType):
        return G.MapType(from_spark(data_type.valueType))
    if isinstance(data_type, T.DecimalType):
        return G.DecimalType(data_type.precision, data_type.scale)
    if isinstance(data_type, T.VarcharType | T.CharType):
        return G.StringType()
    if type(data_type) not in _TO_API:
        raise BadOptionError(
            "A schema", f"no type of the API holds {data_type.simpleString()}", [kind.typeName() for kind in G._atomic_types]
        )
    return _TO_API[type(data_type)]()


def to_spark(data_type: G.DataType) -> T.DataType:
    """The Spark type of an API type, choices encoded."""
    if isinstance(data_type, G.ChoiceType):
        return choice_of(to_spark(choice) for choice in data_type.choices.values())
    if isinstance(data_type, G.StructType):
        return T.StructType([T.StructField(field.name, to_spark(field.dataType)) for field in data_type])
    if isinstance(data_type, G.ArrayType | G.SetType):
        return T.ArrayType(to_spark(data_type.elementType))
    if isinstance(data_type, G.MapType):
        return T.MapType(T.StringType(), to_spark(data_type.valueType))
    if isinstance(data_type, G.DecimalType):
        return T.DecimalType(data_type.precision, data_type.scale)
    return _TO_SPARK[type(data_type)]()


def tree_string(schema: G.DataType) -> str:
    """The schema as printSchema shows it."""
    return "\n".join(["root", *G._tree(schema, 0)]) + "\n"
