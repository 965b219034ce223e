"""The catalogue of blocks names every field and every filter, and the schema says what the reader says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalos.domain.errors import ConfigError
from signalos.domain.strategy import Strategy
from signalos.domain.strategy_blocks import (
    BLOCKS,
    OF_THE_DOCUMENT,
    OF_THE_MACHINE,
    default_of,
    label_of,
    strategy_schema,
)
from signalos.domain.strategy_document import strategy_document, strategy_from_document
from signalos.domain.strategy_fields import FIELD, FIELDS, Field, camel_case
from signalos.engine.filters import FILTERS

NUMBERS = [f for f in FIELDS if f.low is not None and f.kind != "id"]


def test_every_field_stands_in_one_block() -> None:
    named = [name for block in BLOCKS for name in block.fields]
    assert len(named) == len(set(named)), "a field stands in two blocks"
    missing = set(FIELD) - set(named) - OF_THE_DOCUMENT - OF_THE_MACHINE
    assert missing == set(), "give these fields a block in domain/strategy_blocks.py"
    assert set(named) <= set(FIELD)


def test_every_filter_is_a_block_in_the_engines_order() -> None:
    blocks = [block.id for block in BLOCKS if block.kind == "filter"]
    assert blocks == [rule.name for rule in FILTERS], "filters and blocks differ: domain/strategy_blocks.py"
    switched = {block.switch for block in BLOCKS if block.switch}
    assert switched == {rule.name for rule in FILTERS if rule.parameter}
    for block in BLOCKS:
        if block.switch:
            assert FIELD[block.fields[0]].filter == block.switch, "its own limit comes first"


def test_ids_are_different_and_everything_is_explained() -> None:
    assert len({block.id for block in BLOCKS}) == len(BLOCKS)
    assert all(block.title and block.meaning.endswith(".") for block in BLOCKS)
    assert label_of("break_even_after_target") == "Break even after target"
    with pytest.raises(KeyError):
        label_of("no_such_field")


def test_the_schema_has_every_field_with_its_default() -> None:
    properties = strategy_schema()["properties"]
    document = strategy_document(Strategy())
    assert set(properties) == set(document)
    assert set(properties["filters"]["properties"]) == set(document["filters"])
    assert set(properties["management"]["properties"]) == set(document["management"])
    for field in FIELDS:
        if field.kind != "switch":
            group = properties["management"]["properties"] if field.place == "management" else properties
            assert group[field.camel]["default"] == default_of(field)


def bounds(field: Field) -> dict[str, Any]:
    properties = strategy_schema()["properties"]
    group = properties["management"]["properties"] if field.place == "management" else properties
    found: dict[str, Any] = group[field.camel]
    return found


@pytest.mark.parametrize("field", NUMBERS, ids=lambda f: f.name)
@given(data=st.data())
def test_what_the_schema_allows_the_reader_takes_and_nothing_else(
    field: Field, data: st.DataObject
) -> None:
    shape = bounds(field)
    low = shape.get("minimum", shape.get("exclusiveMinimum"))
    high = shape.get("maximum", shape.get("exclusiveMaximum"))
    assert low is not None
    assert high is not None
    if field.kind == "integer":
        value: int | float = data.draw(st.integers(int(low) - 2, int(high) + 2))
    else:
        value = data.draw(st.floats(low - 1, high + 1, allow_nan=False).map(lambda x: round(x, 6)))
    allowed = low <= value <= high
    if "exclusiveMinimum" in shape:
        allowed = allowed and value > low
    if "exclusiveMaximum" in shape:
        allowed = allowed and value < high
    try:
        strategy_from_document({field.camel: Decimal(str(value))})
        taken = True
    except ConfigError:
        taken = False
    assert taken == allowed, (field.allowed, value)


def test_switches_stand_under_their_filters_names() -> None:
    filters = strategy_schema()["properties"]["filters"]["properties"]
    for field in FIELDS:
        if field.filter:
            assert filters[camel_case(field.filter)]["type"] == "boolean"
