"""What the app is connected to and since when, as it leaves it in the journal for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from signalos.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Connection:
    """``kind`` is terminal | source; ``since`` is when it was connected or lost, None if that is unknown."""

    kind: str
    name: str
    connected: bool
    reason: str
    since: datetime | None


class ConnectionBook:
    """Remembers when each connection last came or went."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[tuple[str, str], tuple[bool, str]] = {}

    def line(self, kind: str, name: str, connected: bool, reason: str) -> dict[str, Any]:
        """{connected, reason, since} as it stands now."""
        known = self._since.get((kind, name))
        if known is None or known[0] != connected:
            known = (connected, self._clock.now().isoformat())
            self._since[(kind, name)] = known
        return {"connected": connected, "reason": reason, "since": known[1]}


def connections_from(state: dict[str, Any], terminals: list[str], missing: str) -> list[Connection]:
    """Read what the book wrote; a terminal that is not in it is away, for the reason ``missing``."""
    found = []
    told = state.get("terminals", {})
    for kind, lines in (
        ("terminal", {t: told.get(t, {}) for t in terminals}),
        ("source", state.get("sources", {})),
    ):
        for name, line in lines.items():
            since = line.get("since")
            found.append(
                Connection(
                    kind,
                    name,
                    bool(line.get("connected", False)),
                    str(line.get("reason", missing)),
                    None if since is None else datetime.fromisoformat(since),
                )
            )
    return found
