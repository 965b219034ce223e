"""The user's strategies: checked by the same reader that the desktop app uses."""

from __future__ import annotations

from typing import Any

from signalos.domain.errors import ConfigError
from signalos.domain.strategy import Strategy
from signalos.domain.strategy_document import strategy_document, strategy_from_document
from signalos.domain.strategy_fields import FIELD, snake_case
from signalos.protocol import requests, views
from signalos.server.commands.service import CommandService
from signalos.server.db.session import Reading, Writing
from signalos.server.db.store import Store
from signalos.server.problems import Problem
from signalos.server.strategies import repository
from signalos.server.terminals import index

NAME_KEYS = ("name", "version")
"""Stand beside the config on the wire, not in it."""


def add_default(tx: Writing, user_id: int) -> int:
    """Give a new user the default strategy, in force."""
    strategy = Strategy()
    return repository.add(tx, user_id, strategy.name, _config(strategy), active=True)


def allows_missing_stop(db: Reading, user_id: int) -> bool:
    """Tell whether the user's strategy in force lets a position be without a stop."""
    view = repository.active(db, user_id)
    if view is None:
        return False
    strategy = strategy_from_document(view.config)
    return not strategy.filters.require_stop or strategy.allow_missing_stop_fixed_lots is not None


class StrategyService:
    """Reads and changes strategies; a change of the one in force is announced to the terminals."""

    def __init__(self, store: Store, commands: CommandService) -> None:
        self._store = store
        self._commands = commands

    async def page(self, user_id: int, before: int, limit: int) -> list[views.StrategyView]:
        """Strategies of a user, newest first."""
        return await self._store.read(lambda db: repository.page(db, user_id, before, limit))

    async def one(self, user_id: int, strategy_id: int) -> views.StrategyView:
        """A strategy. Raises Problem not_found."""
        return _found(await self._store.read(lambda db: repository.one(db, user_id, strategy_id)))

    async def active(self, user_id: int) -> views.StrategyView:
        """The strategy in force. Raises Problem not_found."""
        return _found(await self._store.read(lambda db: repository.active(db, user_id)))

    async def change(
        self, user_id: int, strategy_id: int, body: requests.StrategyRequest
    ) -> views.StrategyView:
        """Change a strategy; what ``config`` does not name keeps its value. Raises Problem."""

        def work(tx: Writing) -> views.StrategyView:
            old = _found(repository.one(tx, user_id, strategy_id))
            try:
                config = _config(strategy_from_document(merged(old.config, body.config)))
            except ConfigError as why:
                raise Problem("invalid_strategy", str(why)) from None
            repository.change(tx, user_id, strategy_id, body.name, config, body.notes)
            if old.active:
                targets = index.approved(tx, user_id)
                if targets:
                    self._commands.create(tx, user_id, "strategy_changed", {}, targets)
            return _found(repository.one(tx, user_id, strategy_id))

        return await self._store.write(work)


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """``old`` with what ``new`` states; a limit that is stated anew is not switched by an old flag."""
    result: dict[str, Any] = {
        key: value for key, value in old.items() if key not in ("filters", "management")
    }
    filters = dict(old.get("filters", {}))
    management = dict(old.get("management", {}))
    for key, value in new.items():
        if key in NAME_KEYS:
            continue
        if key in ("filters", "management"):
            if not isinstance(value, dict):
                raise ConfigError(f"strategy.{key}: {value!r} is not an object of names and values")
            (filters if key == "filters" else management).update(value)
            continue
        field = FIELD.get(snake_case(key))
        if field is None:
            result[key] = value  # named by the reader's own error
        elif field.place == "management":
            management[field.camel] = value
        else:
            result[field.camel] = value
            if field.filter:
                named = {flag: on for flag, on in filters.items() if snake_case(flag) != field.filter}
                filters = named | {
                    flag: on
                    for flag, on in (new.get("filters") or {}).items()
                    if snake_case(flag) == field.filter
                }
    return {**result, "filters": filters, "management": management}


def _config(strategy: Strategy) -> dict[str, Any]:
    return {key: value for key, value in strategy_document(strategy).items() if key not in NAME_KEYS}


def _found(view: views.StrategyView | None) -> views.StrategyView:
    if view is None:
        raise Problem("not_found", "there is no such strategy")
    return view
