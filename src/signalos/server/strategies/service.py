"""The user's strategies: checked by the same reader that the desktop app uses."""

from __future__ import annotations

from typing import Any

from signalos.domain.errors import ConfigError
from signalos.domain.strategy import Strategy
from signalos.domain.strategy_document import strategy_document, strategy_from_document
from signalos.domain.strategy_fields import FIELD, snake_case
from signalos.protocol import strategies as wire
from signalos.server.commands.service import CommandService
from signalos.server.db.session import Reading, Writing
from signalos.server.db.store import Store
from signalos.server.problems import Problem
from signalos.server.providers import repository as providers
from signalos.server.strategies import repository
from signalos.server.terminals import index

NAME_KEYS = ("name", "version")
"""Stand beside the config on the wire, not in it."""


def add_default(tx: Writing, user_id: int) -> int:
    """Give a new user the default strategy, in force."""
    strategy = Strategy()
    return repository.add(tx, user_id, strategy.name, _config(strategy), active=True)


def allows_missing_stop(db: Reading, user_id: int, chat_id: str | None) -> bool:
    """Tell whether a trade of a channel may be without a stop: its own strategy says so, else the one in force."""
    own = None if chat_id is None else providers.strategy_of(db, user_id, chat_id)
    view = repository.active(db, user_id) if own is None else repository.one(db, user_id, own)
    if view is None:
        return False
    strategy = strategy_from_document(view.config)
    return not strategy.filters.require_stop or strategy.allow_missing_stop_fixed_lots is not None


class StrategyService:
    """Reads and changes strategies; a change of one that trades is announced to the terminals."""

    def __init__(self, store: Store, commands: CommandService) -> None:
        self._store = store
        self._commands = commands

    async def page(self, user_id: int, before: int, limit: int) -> list[wire.StrategyView]:
        """Strategies of a user, newest first."""
        return await self._store.read(lambda db: repository.page(db, user_id, before, limit))

    async def one(self, user_id: int, strategy_id: int) -> wire.StrategyView:
        """A strategy. Raises Problem not_found."""
        return _found(await self._store.read(lambda db: repository.one(db, user_id, strategy_id)))

    async def active(self, user_id: int) -> wire.StrategyView:
        """The strategy in force. Raises Problem not_found."""
        return _found(await self._store.read(lambda db: repository.active(db, user_id)))

    async def change(self, user_id: int, strategy_id: int, body: wire.StrategyRequest) -> wire.StrategyView:
        """Change a strategy; what ``config`` does not name keeps its value. Raises Problem."""

        def work(tx: Writing) -> wire.StrategyView:
            old = _found(repository.one(tx, user_id, strategy_id))
            if body.version is not None and body.version != old.version:
                raise Problem(
                    "version_conflict",
                    f"version {old.version} was saved meanwhile, and yours began from {body.version}: look at"
                    " what changed, then save again",
                    errors=[{"version": old.version}],
                )
            config = _checked(merged_or_refused(old.config, body.config))
            repository.change(tx, user_id, strategy_id, body.name, config, body.notes)
            self._announce(tx, user_id, old)
            return _found(repository.one(tx, user_id, strategy_id))

        return await self._store.write(work)

    async def create(self, user_id: int, body: wire.StrategyRequest) -> wire.StrategyView:
        """Make a strategy that is not in force yet; what ``config`` does not name has its default."""

        def work(tx: Writing) -> wire.StrategyView:
            config = _checked(merged_or_refused(_config(Strategy()), body.config))
            made = repository.add(tx, user_id, body.name, config, active=False, notes=body.notes)
            return _found(repository.one(tx, user_id, made))

        return await self._store.write(work)

    async def remove(self, user_id: int, strategy_id: int) -> None:
        """Delete a strategy. Raises Problem not_found, or strategy_in_use for one that trades."""

        def work(tx: Writing) -> None:
            old = _found(repository.one(tx, user_id, strategy_id))
            if old.active:
                raise Problem("strategy_in_use", "it is in force: put another one in force first")
            if providers.trades_by(tx, user_id, strategy_id):
                raise Problem("strategy_in_use", "it trades a channel: give the channel another one first")
            repository.remove(tx, user_id, strategy_id)

        await self._store.write(work)

    async def activate(self, user_id: int, strategy_id: int) -> wire.StrategyView:
        """Put a strategy in force and tell the terminals."""

        def work(tx: Writing) -> wire.StrategyView:
            _found(repository.one(tx, user_id, strategy_id))
            repository.activate(tx, user_id, strategy_id)
            view = _found(repository.one(tx, user_id, strategy_id))
            self._announce(tx, user_id, view)
            return view

        return await self._store.write(work)

    async def versions(
        self, user_id: int, strategy_id: int, before: int, limit: int
    ) -> list[wire.StrategyVersion]:
        """Versions of a strategy, newest first. Raises Problem not_found."""

        def work(db: Reading) -> list[wire.StrategyVersion]:
            _found(repository.one(db, user_id, strategy_id))
            return repository.versions(db, strategy_id, before, limit)

        return await self._store.read(work)

    async def restore(self, user_id: int, strategy_id: int, number: int) -> wire.StrategyView:
        """Save an earlier version as the newest one. Raises Problem not_found or invalid_strategy."""

        def work(tx: Writing) -> wire.StrategyView:
            old = _found(repository.one(tx, user_id, strategy_id))
            earlier = repository.version(tx, strategy_id, number)
            if earlier is None:
                raise Problem("not_found", "there is no such version")
            repository.change(
                tx, user_id, strategy_id, earlier.name, _checked(earlier.config), earlier.notes
            )
            self._announce(tx, user_id, old)
            return _found(repository.one(tx, user_id, strategy_id))

        return await self._store.write(work)

    def _announce(self, tx: Writing, user_id: int, strategy: wire.StrategyView) -> None:
        if strategy.active or providers.trades_by(tx, user_id, strategy.id):
            targets = index.approved(tx, user_id)
            if targets:
                self._commands.create(tx, user_id, "strategy_changed", {}, targets)


def merged_or_refused(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """:func:`merged`; raises Problem invalid_strategy where a part is no object."""
    try:
        return merged(old, new)
    except ConfigError as why:
        raise Problem("invalid_strategy", str(why)) from None


def _checked(document: dict[str, Any]) -> dict[str, Any]:
    """The document as it is stored. Raises Problem invalid_strategy."""
    try:
        return _config(strategy_from_document(document))
    except ConfigError as why:
        raise Problem("invalid_strategy", str(why)) from None


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


def _found(view: wire.StrategyView | None) -> wire.StrategyView:
    if view is None:
        raise Problem("not_found", "there is no such strategy")
    return view
