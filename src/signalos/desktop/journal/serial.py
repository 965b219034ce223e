"""Domain values as JSON in the journal: exact Decimals as text, classes by their stable names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from signalos.domain.decision import Decision
from signalos.domain.order import (
    CancelOrder,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    OpenLeg,
    OrderRequest,
)
from signalos.domain.signal import ACTION_NAMES, Action, Reading

T = TypeVar("T")

REQUEST_NAMES: dict[type, str] = {
    OpenLeg: "open",
    ClosePosition: "close",
    ModifyPosition: "modify",
    ModifyOrder: "modify_order",
    CancelOrder: "cancel",
}
_NAMED = msgspec.json.Decoder(tuple[str, msgspec.Raw])
_REQUESTS: dict[str, msgspec.json.Decoder[OrderRequest]] = {
    name: msgspec.json.Decoder(kind) for kind, name in REQUEST_NAMES.items()
}
_ACTIONS = {name: kind for kind, name in ACTION_NAMES.items()}


def to_json(value: Any) -> bytes:
    """JSON of plain values and dataclasses; Decimals become text."""
    return msgspec.json.encode(value)


def from_json(data: bytes | str, shape: type[T]) -> T:
    """Read ``data`` as ``shape``."""
    return msgspec.json.decode(data, type=shape)


def request_json(request: OrderRequest) -> bytes:
    """A request with its class's name."""
    return to_json([REQUEST_NAMES[type(request)], request])


def request_from(data: bytes) -> OrderRequest:
    """The inverse of :func:`request_json`."""
    name, fields = _NAMED.decode(data)
    return _REQUESTS[name].decode(fields)


def reading_json(reading: Reading) -> bytes:
    """A reading with each action's name."""
    return to_json(
        {
            "actions": [[ACTION_NAMES[type(a)], a] for a in reading.actions],
            "reason": reading.reason,
            "announces": reading.announces,
            "notes": reading.notes,
        }
    )


def reading_from(data: bytes) -> Reading:
    """The inverse of :func:`reading_json`."""
    raw = msgspec.json.decode(data)
    actions: list[Action] = [msgspec.convert(fields, type=_ACTIONS[n]) for n, fields in raw["actions"]]
    return Reading(tuple(actions), raw["reason"], raw["announces"], tuple(raw["notes"]))


def decision_json(decision: Decision) -> bytes:
    """A decision with its steps; the plan's requests are journalled as intents of their own."""
    return to_json(
        {
            "steps": decision.steps,
            "plan": [
                {"leg": s.leg, "kind": s.kind, "reason": s.reason, "text": s.text, "risk": s.risk}
                for s in decision.plan
            ],
            "order": decision.order,
            "risk": decision.risk,
            "budget": decision.budget,
        }
    )


def instant(text: str) -> datetime:
    """An aware UTC time from its journalled text."""
    return datetime.fromisoformat(text)


def instant_text(at: datetime) -> str:
    """A UTC time as text that sorts by time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
