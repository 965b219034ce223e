"""The strategy's blocks and fields as the API shows them."""

from __future__ import annotations

from typing import Literal

from signalos.domain.strategy_blocks import BLOCKS, default_of, label_of, strategy_schema
from signalos.domain.strategy_fields import FIELD, Field, camel_case
from signalos.protocol import strategies as wire

_KINDS: dict[str, Literal["choice", "integer", "switch"]] = {
    "choice": "choice",
    "integer": "integer",
    "switch": "switch",
}


def catalogue() -> wire.StrategySchema:
    """The JSON Schema of the document, and every block with its fields."""
    return wire.StrategySchema(
        schema=strategy_schema(),
        blocks=[
            wire.BlockView(
                id=block.id,
                kind=block.kind,
                title=block.title,
                meaning=block.meaning,
                switch=_key(FIELD[block.fields[0]]) if block.switch else "",
                fields=[_field(FIELD[name]) for name in block.fields],
            )
            for block in BLOCKS
        ],
    )


def _switches(field: Field) -> bool:
    """Whether a field is nothing but its filter's switch."""
    return field.kind == "switch" and bool(field.filter)


def _key(field: Field) -> str:
    return camel_case(field.filter) if _switches(field) else field.camel


def _field(field: Field) -> wire.FieldView:
    return wire.FieldView(
        key=_key(field),
        place="filters" if _switches(field) else "management" if field.place == "management" else "top",
        label=label_of(field.name),
        meaning=field.meaning,
        kind=_KINDS.get(field.kind, "number"),
        unit=field.unit,
        optional=field.optional,
        default=default_of(field),
        minimum=None if field.low is None else float(field.low),
        maximum=None if field.high is None else float(field.high),
        minimum_excluded=field.above,
        maximum_excluded=field.below,
        choices=list(field.choices),
    )
