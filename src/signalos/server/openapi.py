"""The OpenAPI document: FastAPI's routes with the wire's own schemas, so that there is one type system."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from signalos.protocol import firebridge, views
from signalos.protocol import providers as providers_wire
from signalos.protocol import strategies as strategies_wire
from signalos.protocol.export import wire_types

PAGES: tuple[Any, ...] = (
    views.Page[views.TradeView],
    views.Page[views.SignalView],
    views.Page[views.TerminalView],
    views.Page[views.CommandView],
    views.Page[strategies_wire.StrategyView],
    views.Page[strategies_wire.StrategyVersion],
    views.Page[providers_wire.ProviderView],
    views.Page[views.LogView],
    views.Page[views.EquityPoint],
)
REF = "#/components/schemas/{name}"
HOT: tuple[tuple[str, str, str, Any, Any], ...] = (
    (
        "post",
        "/api/firebridge/sync-user",
        "Report a terminal's state",
        firebridge.SyncUser,
        views.SyncAnswer,
    ),
    (
        "post",
        "/api/firebridge/events",
        "Hand over journalled events",
        firebridge.EventBatch,
        firebridge.EventsAnswer,
    ),
    (
        "post",
        "/api/firebridge/push-trade-result",
        "Report a trade, the narrow form",
        firebridge.PushTradeResult,
        views.PushAnswer,
    ),
    (
        "get",
        "/api/firebridge/pull-strategy/{userId}",
        "Fetch the active strategy",
        None,
        strategies_wire.PulledStrategy,
    ),
)


def documented(
    summary: str,
    takes: Any,
    answers: Any,
    status: int = 200,
    *,
    optional: bool = False,
    query: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A route's arguments that describe its wire types; FastAPI itself neither reads nor writes them."""
    extra: dict[str, Any] = {
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in query]
    }
    if takes is not None:
        extra["requestBody"] = {
            "required": not optional,
            "content": {"application/json": {"schema": _ref(takes)}},
        }
    return {
        "summary": summary,
        "status_code": status,
        "response_model": None,
        "responses": {status: _answer(answers), "default": _problem()},
        "openapi_extra": extra,
    }


def _ref(kind: Any) -> dict[str, str]:
    schema: dict[str, str] = msgspec.json.schema_components([kind], ref_template=REF)[0][0]
    return schema


def _answer(kind: Any) -> dict[str, Any]:
    if kind is None:
        return {"description": "Done; no body"}
    return {"description": "Done", "content": {"application/json": {"schema": _ref(kind)}}}


def _problem() -> dict[str, Any]:
    return {
        "description": "A problem with a stable code (RFC 9457)",
        "content": {"application/problem+json": {"schema": {"$ref": REF.format(name="Problem")}}},
    }


def install(app: FastAPI) -> None:
    """Make ``app.openapi()`` answer the whole document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the documented way to extend it


def _build(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=app.title, version=app.version, routes=app.routes, description=app.description
    )
    for method, path, summary, takes, answers in HOT:
        entry = documented(summary, takes, answers)
        operation = {
            "tags": ["firebridge"],
            "summary": summary,
            "responses": {str(code): body for code, body in entry["responses"].items()},
            **({"requestBody": entry["openapi_extra"]["requestBody"]} if takes else {}),
        }
        found["paths"].setdefault(path, {})[method] = operation
    for path, operations in found["paths"].items():
        named = [_path_parameter(name, path) for name in re.findall(r"{(\w+)}", path)]
        for operation in operations.values():
            operation["parameters"] = named + operation.get("parameters", [])
    _, schemas = msgspec.json.schema_components(
        [*wire_types(), *PAGES], schema_hook=lambda _: {}, ref_template=REF
    )
    found.setdefault("components", {})["schemas"] = _numbers(schemas)
    found["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    }
    found["security"] = [{"bearer": []}, {"cookie": []}]
    return found


def _path_parameter(name: str, path: str) -> dict[str, Any]:
    kind = "string" if path.startswith("/api/commands/") else "integer"
    return {"name": name, "in": "path", "required": True, "schema": {"type": kind}}


def _numbers(part: Any) -> Any:
    """Decimals are JSON numbers on our wire; msgspec describes them as strings."""
    if isinstance(part, dict):
        if part.get("format") == "decimal":
            return {"type": "number"}
        return {key: _numbers(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_numbers(value) for value in part]
    return part
