"""The strategy in force: the server's newest where the app is paired, else the file's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from signalos.desktop.journal import Journal
from signalos.domain.strategy import Strategy
from signalos.domain.strategy_document import strategy_from_document

_KEY = "server_strategy"


class StrategyBook:
    """Hands out the strategy at each decision; the server's last version is kept in the journal."""

    def __init__(self, journal: Journal, local: Strategy, *, paired: bool) -> None:
        self._journal = journal
        self._local = local
        self._current = local
        stored = journal.meta(_KEY) if paired else None
        if stored is not None:
            self._current = self._read(msgspec.json.decode(stored))

    def current(self) -> Strategy:
        """The strategy that decides now."""
        return self._current

    def take(self, answer: dict[str, Any]) -> None:
        """Take the server's strategy {id, name, version, config}. Raises ConfigError; the old one stays."""
        self._current = self._read(answer)
        self._journal.set_meta(_KEY, msgspec.json.encode(answer).decode())

    def _read(self, answer: dict[str, Any]) -> Strategy:
        strategy = strategy_from_document(answer.get("config", {}))
        return replace(
            strategy,
            name=str(answer.get("name", strategy.name)),
            version=f"{answer.get('id', 0)}.{answer.get('version', '1')}",
            # What tells our orders from others, and how they are sent, is this machine's business.
            magic=self._local.magic,
            max_slippage_points=self._local.max_slippage_points,
        )
