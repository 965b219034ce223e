"""The entry of ``sources`` for a Telegram account, and what the environment adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta

from signalos.domain.errors import ConfigError

API_ID, API_HASH, PROXY = "TELEGRAM_API_ID", "TELEGRAM_API_HASH", "TELEGRAM_PROXY"
_PROXIES = ("socks5", "socks4", "http")


class TelegramSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry of ``sources`` for an account of the user's own.

    ``chats`` are ids, @names, t.me addresses or exact titles; ``reread_seconds`` is how often each chat's
    newest messages are read again. ``server`` ("host:port") and ``server_key`` (its public key, PEM) name
    another server than Telegram's own, such as a test server.
    """

    type: str
    chats: Annotated[list[str | int], Meta(min_length=1, max_length=500)]
    name: Annotated[str, Meta(min_length=1, max_length=200)] = "telegram"
    reread_seconds: Annotated[float, Meta(ge=5, le=3600)] = 30.0
    server: Annotated[str, Meta(pattern=r"^[^:]+:\d{1,5}$")] | None = None
    server_key: str | None = None


def proxy_of(environ: Mapping[str, str], name: str) -> dict[str, Any] | None:
    """The proxy that ``TELEGRAM_PROXY`` names, as Telethon takes it; None without one. Raises ConfigError.

    A proxy that cannot be used is refused: to connect without it would show the account where it is not
    meant to be seen.
    """
    address = environ.get(PROXY, "").strip()
    if not address:
        return None
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in _PROXIES or not parts.hostname or not port:
        raise ConfigError(
            f"source {name!r}: {PROXY} is no address of a proxy. Write socks5://host:port (or socks4, http), with "
            "user:password@ before the host where it wants them."
        )
    try:
        import python_socks  # noqa: F401 -- Telethon leaves a proxy out in silence without it
    except ImportError:
        raise ConfigError(
            f"source {name!r}: {PROXY} names a proxy, which needs python-socks: install signalos[telegram]"
        ) from None
    return {
        "proxy_type": parts.scheme,
        "addr": parts.hostname,
        "port": port,
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "rdns": True,
    }
