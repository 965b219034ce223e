"""An account that is signed in: its keys, kept as one secret, and the client that they make."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from signalos import __version__
from signalos.domain.errors import ConfigError
from signalos.kit.secret_store import SecretStore, SecretUnreadable
from signalos.sources.telegram.settings import TelegramSettings, proxy_of

if TYPE_CHECKING:
    from telethon import TelegramClient

_OWN_SERVER_DC = 2
_ANSWER_SECONDS = 10


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """The keys of one signed-in session. Whoever has them is the account."""

    api_id: int
    api_hash: str
    session: str = ""


class Accounts:
    """The accounts of one app's folder, each under its source's name."""

    def __init__(self, home: Path, environ: Mapping[str, str]) -> None:
        self._store = SecretStore.open(home / "telegram", environ)

    def read(self, name: str) -> Account | None:
        """The account of source ``name``; None if it is not signed in. Raises ConfigError."""
        try:
            secret = self._store.read(_key(name))
            return None if secret is None else msgspec.json.decode(secret, type=Account)
        except (SecretUnreadable, msgspec.DecodeError) as why:
            raise ConfigError(f"source {name!r}: its Telegram session cannot be read: {why}") from why

    def write(self, name: str, account: Account) -> str:
        """Keep the account; where, in words. Raises ConfigError."""
        try:
            return self._store.write(_key(name), msgspec.json.encode(account).decode())
        except SecretUnreadable as why:
            raise ConfigError(f"the Telegram session cannot be kept: {why}") from why

    def where(self, name: str) -> str:
        """Where the session is kept, in words; "" if source ``name`` is not signed in. Raises ConfigError."""
        try:
            return self._store.where(_key(name))
        except SecretUnreadable as why:
            raise ConfigError(f"source {name!r}: {why}") from why

    def forget(self, name: str) -> None:
        """Remove the account of source ``name``."""
        self._store.forget(_key(name))


def _key(name: str) -> str:
    return f"telegram:{name}"


def client_of(
    account: Account, settings: TelegramSettings, environ: Mapping[str, str], *, reconnects: bool = False
) -> TelegramClient:
    """A client that is not connected yet. Raises ConfigError.

    A source's client does not reconnect by itself: it would fetch nothing until the next live message. A lost
    connection is a new start instead, with everything that a start reads again.
    """
    proxy = proxy_of(environ, settings.name)
    try:
        from telethon import TelegramClient
        from telethon.crypto import rsa
        from telethon.sessions import StringSession
    except ImportError as why:
        raise ConfigError(
            f"source {settings.name!r}: reading Telegram by an account needs more packages ({why}): install "
            "signalos[telegram]"
        ) from None
    try:
        session = StringSession(account.session)
        if settings.server is not None:
            host, _, port = settings.server.rpartition(":")
            session.set_dc(_OWN_SERVER_DC, host, int(port))
        if settings.server_key is not None:
            rsa.add_key(settings.server_key, old=False)
    except ValueError as why:
        raise ConfigError(
            f"source {settings.name!r}: its session or `server_key` is damaged: {why}"
        ) from why
    return TelegramClient(
        session,
        account.api_id,
        account.api_hash,
        proxy=proxy,
        timeout=_ANSWER_SECONDS,
        connection_retries=1,
        request_retries=1,
        auto_reconnect=reconnects,
        sequential_updates=True,
        # A wait that Telegram asks for is shown while it lasts, not slept through unseen.
        flood_sleep_threshold=0,
        raise_last_call_error=True,
        device_model="SignalOS",
        app_version=__version__,
    )
