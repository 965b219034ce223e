"""What was read from a message, as the wire's fields: the same for the desktop app, the server and its test box."""

from __future__ import annotations

from typing import Any

from signalos.domain.signal import Action, Close, ModifyStop, ModifyTargets, Open, Reject, action_name
from signalos.protocol.firebridge import Span


def signal_fields(action: Action) -> dict[str, Any]:
    """The fields of ``SignalData`` and ``TriedAction`` that tell what ``action`` asks for."""
    opening = action if isinstance(action, Open) else None
    side = getattr(action, "side", None)
    return {
        "action": action_name(action),
        "symbol": getattr(action, "symbol", None),
        "side": None if side is None else side.value,
        "order": None if opening is None else opening.order.value,
        "entry": [] if opening is None else list(opening.entry),
        "stop_loss": None if opening is None else opening.stop_loss,
        "take_profits": list(getattr(action, "take_profits", ())),
        "details": _details(action),
        "spans": [Span(field=s.field, start=s.start, end=s.end) for s in action.spans],
        "confidence": action.confidence,
    }


def _details(action: Action) -> dict[str, Any]:
    found: dict[str, Any] = {}
    scope = getattr(action, "scope", None)
    if scope is not None:
        found["scope"] = scope.reach.value
        if scope.target is not None:
            found["target"] = scope.target
    match action:
        case Close(fraction=fraction):
            found["fraction"] = fraction
        case ModifyStop(price=price):
            found["price"] = price
        case ModifyTargets(index=index) if index is not None:
            found["index"] = index
        case Reject(reason=reason, detail=detail):
            found |= {"reason": reason, "text": detail}
        case Open(stop_loss_pips=stop, take_profit_pips=targets, open_target=runner):
            if stop is not None:
                found["stopLossPips"] = stop
            if targets:
                found["takeProfitPips"] = list(targets)
            if runner:
                found["openTarget"] = True
        case _:
            pass
    return found
