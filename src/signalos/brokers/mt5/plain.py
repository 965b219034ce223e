"""Results of the terminal's module as plain data: struct sequences to objects, tuples to lists.

This file also runs in the Python under Wine (``remote.py`` sends it there), which may be as old as 3.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

_SCALARS = frozenset((str, int, float, bool, type(None)))


def plain(value: Any) -> Any:
    """Return ``value`` made of dicts, lists, strings and numbers alone; datetimes as epoch seconds.

    Raises TypeError for anything that is none of the module's result types.
    """
    if type(value) in _SCALARS:
        return value
    fields = getattr(value, "_asdict", None)
    if fields is not None:
        row = fields()
        # Rows by the thousand are nothing but scalars.
        if _SCALARS.issuperset(map(type, row.values())):
            return dict(row)
        return {n: v if type(v) in _SCALARS else plain(v) for n, v in row.items()}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.timestamp()
    names = getattr(getattr(value, "dtype", None), "names", None)
    if names is not None:
        # Rates and ticks come as a structured array, one record a bar or tick.
        return [dict(zip(names, record)) for record in value.tolist()]  # noqa: B905 -- strict needs Python 3.10
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"the terminal returned a {type(value).__name__}, which has no plain form")
