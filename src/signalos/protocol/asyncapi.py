"""The socket's messages as an AsyncAPI 3.0 document, made from the wire types."""

from __future__ import annotations

import json
from typing import Any

from signalos.protocol import socket, views
from signalos.protocol.export import schema
from signalos.protocol.shapes import Wire

FROM_SERVER: dict[str, tuple[type[Wire] | None, str]] = {
    "ready": (socket.Ready, "authentication worked"),
    "snapshot": (views.Overview, "everything as it is now, in the place of events that are too old"),
    "mt5_status_update": (socket.StatusUpdate, "a terminal's state, at most ten times a second"),
    "trade_update": (views.TradeView, "a trade changed its state; has tradeId besides"),
    "signal_created": (views.SignalView, "a signal was read"),
    "decision_made": (views.DecisionView, "a signal was decided at a terminal; has signalId besides"),
    "command_update": (views.CommandView, "how far a command has come"),
    "terminal_update": (views.TerminalView, "a terminal came, went or changed"),
    "error_alert": (socket.ErrorAlert, "something that a person should know"),
    "command": (socket.Command, "to one terminal, at each connect until its result is stored"),
    "pong": (None, "answer to ping, with its data"),
    "error": (socket.ErrorAlert, "a message was not understood or is refused"),
}
FROM_CLIENT: dict[str, tuple[type[Wire] | None, str]] = {
    "auth": (
        None,
        "first message of a client without cookie and header: `token` beside `type`, within 5 s",
    ),
    "resume_from": (None, "`seq` of the newest event that the client has, beside `type` or in data"),
    "ping": (None, "asks for a pong"),
    "emergency_stop_command": (socket.EmergencyStop, "from a browser: stop"),
    "close_trade_command": (socket.CloseTrade, "from a browser: close a trade"),
    "command_ack": (socket.CommandAck, "from a terminal: the command is journalled"),
    "command_result": (socket.CommandResult, "from a terminal: what came of it"),
}
DURABLE = frozenset(
    "trade_update signal_created decision_made command_update terminal_update error_alert".split()
)
REF = "#/components/schemas/"


def document(version: str) -> dict[str, Any]:
    """The document; ``version`` is the product's."""
    both = {**FROM_SERVER, **FROM_CLIENT}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "SignalOS live",
            "version": version,
            "description": "Authenticate by cookie, by `Authorization: Bearer`, or by a first `auth` message. "
            "Frames of the server are one message or an array of them. `seq` counts a user's durable events "
            "without holes.",
        },
        "channels": {
            "live": {
                "address": "/ws",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in both},
            }
        },
        "operations": {
            "hear": _operation("send", FROM_SERVER, "What the server says"),
            "say": _operation("receive", FROM_CLIENT, "What the server understands"),
        },
        "components": {
            "messages": {name: _message(name, *known) for name, known in both.items()},
            "schemas": json.loads(json.dumps(schema()["$defs"]).replace("#/$defs/", REF)),
        },
    }


def _operation(action: str, messages: dict[str, Any], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/live"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/live/messages/{name}"} for name in messages],
    }


def _message(name: str, kind: type[Wire] | None, summary: str) -> dict[str, Any]:
    frame = "Envelope" if name in FROM_SERVER else "ClientMessage"
    data = {"type": "object"} if kind is None else {"$ref": REF + kind.__name__}
    parts: dict[str, Any] = {"type": {"const": name}, "data": data}
    if name in FROM_SERVER:
        parts["seq"] = {"type": "integer", "minimum": 1} if name in DURABLE else {"type": "null"}
    return {
        "name": name,
        "summary": summary,
        "payload": {"allOf": [{"$ref": REF + frame}, {"type": "object", "properties": parts}]},
    }
