"""Channels' settings: a change of them reaches every desktop app as `strategy_changed`."""

from __future__ import annotations

import msgspec

from signalos.parser import Languages
from signalos.parser.profile import Profile
from signalos.parser.profile_document import profile_of
from signalos.protocol import providers as wire
from signalos.server.commands.service import CommandService
from signalos.server.db.session import Reading, Writing
from signalos.server.db.store import Store
from signalos.server.problems import Problem
from signalos.server.providers import repository
from signalos.server.providers.checking import checked_settings, wrong
from signalos.server.strategies import repository as strategies
from signalos.server.terminals import index
from signalos.server.terminals.live import LiveTerminals


class ProviderService:
    """Reads and changes what a user set for channels."""

    def __init__(
        self, store: Store, commands: CommandService, live: LiveTerminals, languages: Languages
    ) -> None:
        self._store = store
        self._commands = commands
        self._live = live
        self._languages = languages

    async def page(self, user_id: int, before: int, limit: int) -> list[wire.ProviderView]:
        """A user's channels, newest first."""
        return await self._store.read(
            lambda db: self._with_pauses(db, user_id, repository.page(db, user_id, before, limit))
        )

    async def one(self, user_id: int, provider_id: int) -> wire.ProviderView:
        """A user's channel. Raises Problem not_found."""
        return await self._store.read(lambda db: self._one(db, user_id, provider_id))

    async def add(self, user_id: int, body: wire.NewProvider) -> wire.ProviderView:
        """Set a channel up before it has posted. Raises Problem provider_exists."""
        chat_id, name = body.chat_id.strip(), body.name.strip()
        if not chat_id or not name:
            blank = "name" if chat_id else "chatId"
            raise wrong(blank, "is blank")

        def work(tx: Writing) -> wire.ProviderView:
            made = repository.add(tx, user_id, chat_id, name)
            if made is None:
                raise Problem(
                    "provider_exists", f"you have the channel {chat_id!r} already: change that one"
                )
            return self._one(tx, user_id, made)

        return await self._store.write(work)

    async def change(
        self, user_id: int, provider_id: int, body: wire.ProviderSettings
    ) -> wire.ProviderView:
        """Replace a channel's settings. Raises Problem not_found or invalid."""
        settings = checked_settings(body, self._languages)

        def work(tx: Writing) -> wire.ProviderView:
            old = self._one(tx, user_id, provider_id)
            wanted = settings.strategy_id
            if wanted is not None and strategies.one(tx, user_id, wanted) is None:
                raise wrong("strategyId", f"you have no strategy {wanted}")
            repository.change(tx, user_id, provider_id, settings)
            new = self._one(tx, user_id, provider_id)
            if _rules(old) != _rules(new):
                self._announce(tx, user_id)
            return new

        return await self._store.write(work)

    async def remove(self, user_id: int, provider_id: int) -> None:
        """Forget a channel's settings; its messages, signals and trades stay. Raises Problem not_found."""

        def work(tx: Writing) -> None:
            old = self._one(tx, user_id, provider_id)
            repository.remove(tx, user_id, provider_id)
            if _rules(old) != (True, None, Profile()):
                self._announce(tx, user_id)

        await self._store.write(work)

    def _announce(self, tx: Writing, user_id: int) -> None:
        targets = index.approved(tx, user_id)
        if targets:
            self._commands.create(tx, user_id, "strategy_changed", {}, targets)

    def _one(self, db: Reading, user_id: int, provider_id: int) -> wire.ProviderView:
        view = repository.one(db, user_id, provider_id)
        if view is None:
            raise Problem("not_found", "you have no such provider")
        return self._with_pauses(db, user_id, [view])[0]

    def _with_pauses(
        self, db: Reading, user_id: int, views: list[wire.ProviderView]
    ) -> list[wire.ProviderView]:
        """The views with the terminals that say that a channel is paused on them."""
        paused: dict[str, list[str]] = {}
        for known in index.approved(db, user_id):
            status = self._live.of(known.row_id).status
            for chat_id in [] if status is None else status.modules.mt5.paused_chats:
                paused.setdefault(chat_id, []).append(known.terminal_id or "")
        return [msgspec.structs.replace(view, paused_on=paused.get(view.chat_id, [])) for view in views]


def _rules(view: wire.ProviderView) -> tuple[object, ...]:
    """What desktop apps act by; the name is no part of it."""
    return (view.enabled, view.strategy_id, profile_of(view))
