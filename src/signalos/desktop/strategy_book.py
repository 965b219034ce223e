"""The strategy in force: the server's newest where the app is paired, else the file's."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from signalos.desktop.journal import Journal
from signalos.domain.ceilings import Ceilings, bounded
from signalos.domain.errors import ConfigError
from signalos.domain.strategy import Strategy
from signalos.domain.strategy_document import strategy_from_document

log = logging.getLogger(__name__)

_KEY = "server_strategy"
KEPT = 100
"""So many strategies are held as they are within the ceilings."""


class StrategyBook:
    """Hands out the strategy at each decision; the server's last version is kept in the journal."""

    def __init__(
        self, journal: Journal, local: Strategy, *, paired: bool, ceilings: Ceilings | None = None
    ) -> None:
        self._journal = journal
        self._ceilings = ceilings
        self._local = local
        self._current = local
        self._channels: dict[str, Strategy] = {}
        self._bounded: dict[int, tuple[Strategy, Strategy]] = {}
        stored = journal.meta(_KEY) if paired else None
        if stored is not None:
            try:
                self._current = self.read(msgspec.json.decode(stored))
            except ConfigError as why:
                # Written by a newer version: closing and stopping must work all the same.
                log.warning(
                    "the stored strategy cannot be used, the file's counts until the server's comes: %s",
                    why,
                )

    def current(self) -> Strategy:
        """The strategy that decides now."""
        return self._within(self._current)

    def for_message(self, chat_id: str, route: Strategy | None = None) -> Strategy:
        """The strategy for what a channel posts: its own, else ``route`` (its source's), else the one in force."""
        return self._within(self._channels.get(chat_id) or route or self._current)

    def _within(self, strategy: Strategy) -> Strategy:
        """Every strategy is handed out here: none exceeds the ceilings of this machine."""
        if self._ceilings is None:
            return strategy
        given, within = self._bounded.get(id(strategy), (None, strategy))
        if given is not strategy:
            within = bounded(strategy, self._ceilings)
            if len(self._bounded) >= KEPT:
                self._bounded.clear()
            # Together with what it was made of: as long as that is kept, no other has its id.
            self._bounded[id(strategy)] = (strategy, within)
        return within

    def give_channels(self, own: Mapping[str, Strategy]) -> None:
        """Set which channels are traded by a strategy of their own, by chat id."""
        self._channels = dict(own)

    def take(self, answer: dict[str, Any]) -> None:
        """Take the server's strategy {id, name, version, config}. Raises ConfigError; the old one stays."""
        self._current = self.read(answer)
        self._journal.set_meta(_KEY, msgspec.json.encode(answer).decode())

    def read(self, answer: dict[str, Any]) -> Strategy:
        """A strategy {id, name, version, config} of the server, as this machine trades by it. Raises ConfigError."""
        strategy = strategy_from_document(answer.get("config", {}))
        return replace(
            strategy,
            name=str(answer.get("name", strategy.name)),
            version=f"{answer.get('id', 0)}.{answer.get('version', '1')}",
            # What tells our orders from others, and how they are sent, is this machine's business.
            magic=self._local.magic,
            max_slippage_points=self._local.max_slippage_points,
        )
