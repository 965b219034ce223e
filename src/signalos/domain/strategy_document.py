"""A strategy as a JSON document: read with every field checked, and written back.

Fields stand at the top of the document under their camelCase or snake_case name. ``filters`` switches
filters by name: ``false`` = off, ``true`` = on with the limit given at the top or the default,
a number = that limit. What ``filters`` says wins over the top. ``management`` may group the fields
about open trades, which are accepted at the top as well.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from signalos.domain.errors import ConfigError
from signalos.domain.money import decimal
from signalos.domain.strategy import Filters, Management, Strategy
from signalos.domain.strategy_fields import FIELD, FIELDS, Field, Place, camel_case, snake_case

_BY_FILTER: dict[str, Field] = {field.filter: field for field in FIELDS if field.filter}
_ALWAYS_ON = frozenset("halted once account symbol quote".split())
_DEFAULTS: dict[Place, Any] = {"strategy": Strategy(), "filters": Filters(), "management": Management()}


def strategy_from_document(document: Mapping[str, Any]) -> Strategy:
    """Return the strategy that ``document`` describes; absent fields keep their defaults.

    Raises ConfigError naming field, value and allowed range for an unknown name, a wrong type or a
    value out of range.
    """
    if not isinstance(document, Mapping):
        raise ConfigError(f"strategy: {document!r} is not an object of fields")
    values: dict[str, Any] = {}
    for key, value in document.items():
        name = snake_case(str(key))
        if key in ("filters", "management"):
            continue
        field = _known(name, str(key), FIELD, FIELD)
        _put(values, field, _checked(field, value, str(key)), str(key))
    for key, value in _group(document, "management").items():
        own = {f.name: f for f in FIELDS if f.place == "management"}
        field = _known(snake_case(str(key)), f"management.{key}", own, own)
        values[field.name] = _checked(field, value, f"management.{key}")
    _switch_filters(values, _group(document, "filters"))
    return Strategy(
        **_of("strategy", values),
        filters=Filters(**_of("filters", values)),
        management=Management(**_of("management", values)),
    )


def strategy_document(strategy: Strategy) -> dict[str, Any]:
    """Write ``strategy`` as camelCase JSON values; ``strategy_from_document`` reads the same back."""
    document: dict[str, Any] = {}
    filters: dict[str, bool] = {}
    management: dict[str, Any] = {}
    for field in FIELDS:
        source = strategy if field.place == "strategy" else getattr(strategy, field.place)
        value = _plain(field, getattr(source, field.name))
        if field.filter:
            filters[camel_case(field.filter)] = value is not None and value is not False
        if field.place == "management":
            management[field.camel] = value
        elif field.kind != "switch" or not field.filter:
            document[field.camel] = value
    return {**document, "filters": filters, "management": management}


def _group(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    group = document.get(name)
    if group is None:
        return {}
    if not isinstance(group, Mapping):
        raise ConfigError(f"strategy.{name}: {group!r} is not an object of names and values")
    return group


def _switch_filters(values: dict[str, Any], filters: Mapping[str, Any]) -> None:
    """Apply ``filters``: names are the filters' own or those of their fields."""
    names = {**_BY_FILTER, **{f.name: f for f in _BY_FILTER.values()}}
    for key, value in filters.items():
        name = snake_case(str(key))
        if name in _ALWAYS_ON:
            raise ConfigError(f"strategy.filters.{key}: it guards every entry and cannot be switched")
        field = _known(name, f"filters.{key}", names, _BY_FILTER)
        if value is True and field.kind != "switch":
            if values.get(field.name) is None:
                values[field.name] = getattr(_DEFAULTS["filters"], field.name)
        else:
            values[field.name] = _checked(field, value, f"filters.{key}")


def _known(name: str, shown: str, names: Mapping[str, Field], offered: Iterable[str]) -> Field:
    if name in names:
        return names[name]
    close = difflib.get_close_matches(name, offered, 1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(offered))}"
    raise ConfigError(f"strategy.{shown}: there is no such field; {hint}")


def _put(values: dict[str, Any], field: Field, value: Any, key: str) -> None:
    if field.name in values and values[field.name] != value:
        raise ConfigError(f"strategy.{key}: stated twice, as {values[field.name]} and as {value}; keep one")
    values[field.name] = value


def _of(place: Place, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f.name: values[f.name] for f in FIELDS if f.place == place and f.name in values}


def _checked(field: Field, value: Any, key: str) -> Any:
    """``value`` as the type of ``field``. Raises ConfigError."""
    wrong = ConfigError(f"strategy.{key}: {value!r} is not allowed; give {field.allowed}")
    if field.optional and (value is None or value is False):
        return None
    if field.kind == "switch":
        if not isinstance(value, bool):
            raise wrong
        return value
    if field.kind == "choice":
        if value not in field.choices:
            raise wrong
        return value
    if field.kind == "text":
        if isinstance(value, bool) or not isinstance(value, (str, int)) or len(str(value)) > 200:
            raise wrong
        return str(value)
    return _number(field, value, wrong)


def _number(field: Field, value: Any, wrong: ConfigError) -> Decimal | int | float:
    if field.kind == "id" and isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise wrong
    try:
        number = decimal(value)
    except ValueError:
        raise wrong from None
    low, high = field.low or Decimal(0), field.high or Decimal(0)
    if number < low or number > high or (field.above and number == low) or (field.below and number == high):
        raise wrong
    if field.kind == "decimal":
        return number
    if field.kind == "seconds":
        return float(number)
    if number != number.to_integral_value():
        raise wrong
    return int(number)


def _plain(field: Field, value: Any) -> Any:
    """The JSON value: numbers as numbers, the 64-bit mark as text."""
    if field.kind == "id":
        return str(value)
    if isinstance(value, (Decimal, float)):
        return int(value) if value == int(value) else float(value)
    return value
