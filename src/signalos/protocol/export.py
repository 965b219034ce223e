"""Write the JSON Schema of the wire: ``python -m signalos.protocol.export [--check]``.

The dashboard's TypeScript types are generated from it; ``--check`` fails when the file is stale.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

import msgspec

from signalos.protocol.shapes import Asked, Wire

FROM_BROWSER = {"ClientMessage", "EmergencyStop", "CloseTrade"}
SCHEMA = Path("dashboard/src/protocol/schema.json")


def wire_types() -> list[type[Wire]]:
    """All concrete wire types, sorted by name. Raises ValueError where two share a name."""
    found: dict[str, type[Wire]] = {}
    for info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        module = importlib.import_module(f"signalos.protocol.{info.name}")
        for name, value in vars(module).items():
            if not (inspect.isclass(value) and issubclass(value, Wire)) or value in (Wire, Asked):
                continue
            if getattr(value, "__parameters__", ()):
                continue
            if found.setdefault(name, value) is not value:
                raise ValueError(f"two wire types are called {name}")
    return [found[name] for name in sorted(found)]


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of every wire type, under ``$defs``."""
    _, components = msgspec.json.schema_components(
        wire_types(), schema_hook=_hook, ref_template="#/$defs/{name}"
    )
    for kind in wire_types():
        # What we send always carries every field; only what we take may leave defaults out.
        if not issubclass(kind, Asked) and kind.__name__ not in FROM_BROWSER:
            components[kind.__name__]["required"] = sorted(components[kind.__name__]["properties"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "SignalOS wire",
        "type": "object",
        "$defs": {name: _numbers(part) for name, part in sorted(components.items())},
    }


def _hook(kind: type) -> dict[str, Any]:
    if kind is msgspec.Raw:
        return {}
    raise NotImplementedError(f"no schema for {kind}")


def _numbers(part: Any) -> Any:
    """Decimals travel as JSON numbers, while msgspec's schema calls them strings of format decimal."""
    if isinstance(part, dict):
        if part.get("format") == "decimal":
            return {"type": "number"}
        return {key: _numbers(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_numbers(value) for value in part]
    return part


def main(arguments: list[str]) -> int:
    """Write or check the schema file below the current folder."""
    text = json.dumps(schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if "--check" in arguments:
        if not SCHEMA.exists() or SCHEMA.read_text(encoding="utf-8") != text:
            print(f"{SCHEMA} is stale: run `python -m signalos.protocol.export`", file=sys.stderr)
            return 1
        return 0
    SCHEMA.parent.mkdir(parents=True, exist_ok=True)
    SCHEMA.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
