"""MetaTrader 5's published numbers and field names, as data for bridge and simulator."""

from __future__ import annotations

from importlib import resources

import msgspec


class _Constants(msgspec.Struct):
    constants: dict[str, dict[str, int]]
    functions: list[str]


class _Fields(msgspec.Struct):
    result_types: dict[str, list[str]]


def load_constants() -> dict[str, int]:
    """Every constant of the module by name, e.g. ``TRADE_RETCODE_DONE`` -> 10009."""
    groups = msgspec.json.decode(_read("constants.json"), type=_Constants).constants
    return {name: value for group in groups.values() for name, value in group.items()}


def load_functions() -> tuple[str, ...]:
    """The names of the module's functions."""
    return tuple(msgspec.json.decode(_read("constants.json"), type=_Constants).functions)


def load_fields() -> dict[str, tuple[str, ...]]:
    """The fields of each result type, in the module's order, e.g. ``Tick`` -> (time, bid, ...)."""
    types = msgspec.json.decode(_read("fields.json"), type=_Fields).result_types
    return {name: tuple(fields) for name, fields in types.items()}


def _read(name: str) -> bytes:
    return resources.files(__name__).joinpath(name).read_bytes()
