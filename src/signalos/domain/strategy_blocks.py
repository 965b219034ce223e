"""The blocks of a strategy in the order in which a signal passes them: for form, canvas, schema and docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from signalos.domain.strategy import Strategy
from signalos.domain.strategy_document import strategy_document
from signalos.domain.strategy_fields import FIELD, FIELDS, Field, camel_case

BlockKind: TypeAlias = Literal[
    "signal", "filter", "entry", "sizing", "targets", "guard", "order", "management"
]


@dataclass(frozen=True, slots=True)
class Block:
    """One step of a signal's way. ``fields`` are names of ``FIELDS``.

    ``switch`` is the name of the filter that can be switched off, "" where nothing can: a block
    without ``switch`` and ``fields`` always holds as it is.
    """

    id: str
    kind: BlockKind
    title: str
    meaning: str
    fields: tuple[str, ...] = ()
    switch: str = ""


def _filter(name: str, title: str, meaning: str, *fields: str) -> Block:
    switch = name if any(field.filter == name for field in FIELDS) else ""
    return Block(name, "filter", title, meaning, fields, switch)


BLOCKS: tuple[Block, ...] = (
    Block("signal", "signal", "Signal", "What was read from the channel's message."),
    _filter(
        "halted",
        "Not stopped",
        "Nothing is opened while trading is stopped or paused, or the channel is off.",
    ),
    _filter("once", "Once", "One message opens once; an edit opens no second trade."),
    _filter("account", "Account", "The account's equity is known and it may trade."),
    _filter("symbol", "Symbol", "The broker has the symbol and lets it be traded."),
    _filter("signal_age", "Age", "Older messages are not traded.", "max_signal_age"),
    _filter("quote", "Quote", "There is a quote, and it is fresh."),
    _filter("missing_stop", "Stop required", "A signal without a stop loss is refused.", "require_stop"),
    _filter(
        "max_daily_trades",
        "Signals a day",
        "So many signals open on a market day (UTC).",
        "max_daily_trades",
    ),
    _filter(
        "max_open_trades",
        "Signals at once",
        "So many signals are alive at the same time.",
        "max_open_trades",
    ),
    _filter(
        "netting_shared", "Netting", "A netting account holds one position a symbol: it is not shared."
    ),
    _filter(
        "duplicate",
        "No duplicates",
        "The same trade is not taken twice, whoever repeats it.",
        "skip_duplicates",
    ),
    _filter(
        "conflict",
        "No conflicts",
        "Nothing is opened against an open trade of the symbol.",
        "skip_conflicts",
    ),
    Block(
        "entry", "entry", "Entry", "Market, limit or stop order, as the message says and the price allows."
    ),
    Block(
        "targets",
        "targets",
        "Targets",
        "One position a target, or one a signal; the nearest targets are traded.",
        ("legs", "max_targets", "convert_risk_reward"),
    ),
    _filter("spread", "Spread", "The spread is small beside the stop's distance.", "max_spread_share"),
    _filter(
        "entry_distance",
        "Entry distance",
        "The market has not run too far from the stated entry.",
        "max_entry_distance_share",
    ),
    _filter(
        "min_risk_reward", "Reward for risk", "The nearest target is worth the risk.", "min_risk_reward"
    ),
    _filter(
        "confirm_by_hand",
        "Confirmed by hand",
        "The signal waits until you have said yes.",
        "confirm_by_hand",
    ),
    Block(
        "sizing",
        "sizing",
        "Risk",
        "The budget of all legs of a signal together; lots are rounded down.",
        ("risk_percentage", "allow_missing_stop_fixed_lots"),
    ),
    Block(
        "ceilings", "guard", "Local ceilings", "The desktop app's own limits, set in its config.json alone."
    ),
    Block(
        "order", "order", "Orders", "Waiting orders are deleted by the broker in time.", ("pending_expiry",)
    ),
    Block(
        "management",
        "management",
        "Management",
        "What happens to an open trade.",
        ("break_even_after_target", "break_even_buffer_points", "close_unstated_fraction"),
    ),
)
"""All blocks; a signal passes them from the first to the last."""

OF_THE_DOCUMENT = frozenset(("name", "version"))
"""Fields that name the document and belong to no block."""
OF_THE_MACHINE = frozenset(("magic", "max_slippage_points"))
"""Fields that only the desktop app's own config.json sets: what a server says of them does not count."""


def default_of(field: Field) -> Any:
    """The value that ``field`` has in a new strategy, as the document's JSON."""
    document = strategy_document(Strategy())
    if field.kind == "switch" and field.filter:
        return document["filters"][camel_case(field.filter)]
    group = document["management"] if field.place == "management" else document
    return group[field.camel]


def strategy_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a strategy's document, every range and default in it."""
    top: dict[str, Any] = {}
    filters: dict[str, Any] = {}
    management: dict[str, Any] = {}
    place = {name: block.id for block in BLOCKS for name in block.fields}
    for field in FIELDS:
        shape = _shape(field)
        if field.name in place:
            shape["x-block"] = place[field.name]
        if field.kind == "switch" and field.filter:
            filters[camel_case(field.filter)] = shape
            continue
        (management if field.place == "management" else top)[field.camel] = shape
        if field.filter:
            filters[camel_case(field.filter)] = {
                "type": "boolean",
                "description": f"false switches {field.camel} off",
            }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "SignalOS strategy",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **top,
            "filters": {"type": "object", "additionalProperties": False, "properties": filters},
            "management": {"type": "object", "additionalProperties": False, "properties": management},
        },
    }


def _shape(field: Field) -> dict[str, Any]:
    kinds = {
        "text": "string",
        "switch": "boolean",
        "choice": "string",
        "id": "string",
        "integer": "integer",
    }
    kind: Any = kinds.get(field.kind, "number")
    shape: dict[str, Any] = {
        "type": [kind, "null"] if field.optional else kind,
        "description": field.meaning,
    }
    if field.kind == "choice":
        shape["enum"] = list(field.choices)
    elif field.kind == "text":
        shape["maxLength"] = 200
    elif field.kind == "id":
        shape["pattern"] = "^[0-9]{1,19}$"
    elif field.low is not None and field.high is not None:
        shape["exclusiveMinimum" if field.above else "minimum"] = float(field.low)
        shape["exclusiveMaximum" if field.below else "maximum"] = float(field.high)
    if field.unit:
        shape["x-unit"] = field.unit
    shape["default"] = default_of(field)
    return shape


def label_of(name: str) -> str:
    """A field's name as words: ``break_even_after_target`` -> ``Break even after target``."""
    if name not in FIELD:
        raise KeyError(name)
    return name.replace("_", " ").capitalize()
