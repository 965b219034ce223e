"""A webhook on this machine: other programs POST messages to it.

A request is answered 202 when its message is in the journal. JSON has the followed file's form (``date``
may be left out: now); plain text becomes a message of the chat ``chat_id``. The same (chatId, id), or
the same ``Idempotency-Key`` for plain text, is one message however often it is sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from signalos.domain.errors import ConfigError
from signalos.kit.clock import Clock
from signalos.sources._row import MessageRow, post_of
from signalos.sources.base import Deliver, Post, SourceHealth, SourceParts, clean_text

if TYPE_CHECKING:
    from signalos.sources._http import Asked, Said

log = logging.getLogger(__name__)

LARGEST = 64 * 1024
"""Bytes of a body."""
_SHORTEST_SECRET = 16
_WRONG_A_MINUTE = 10
_PATH = "/messages"


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry of ``sources`` for a webhook.

    ``secret_variable`` names the environment variable with the secret; ``chat_id`` is the chat of plain
    texts; ``per_minute`` is how many messages a minute are taken.
    """

    type: str
    name: Annotated[str, Meta(min_length=1, max_length=200)] = "webhook"
    listen: str = "127.0.0.1:8787"
    secret_variable: Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]{0,99}$")] = (
        "SIGNALOS_WEBHOOK_SECRET"  # noqa: S105 -- the variable's name, not what is in it
    )
    chat_id: Annotated[str, Meta(min_length=1, max_length=120)] = "webhook"
    chat_name: Annotated[str, Meta(max_length=200)] = ""
    per_minute: Annotated[int, Meta(ge=1, le=6000)] = 120


class _Refused(Exception):
    """The request is answered with this problem."""

    def __init__(
        self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, dict(headers or {})


class _Allowance:
    """So many a minute, all at once if need be; then as they come back."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._left, self._at = self._most, clock.monotonic()

    def take(self) -> float:
        """Use up one; else the seconds until there is one again."""
        now = self._clock.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._most / 60)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) * 60 / self._most


class WebhookSource:
    """Serves ``POST /messages`` until cancelled. The position is the last id given to a plain text."""

    type = "webhook"

    def __init__(self, settings: WebhookSettings, parts: SourceParts) -> None:
        self.name = settings.name
        self.health = SourceHealth()
        self.port = 0
        """The port it listens on, once it does."""
        self._settings = settings
        self._host, self._asked_port = _loopback(settings)
        self._environ = parts.environ
        self._secret = b""
        self._market = parts.market
        self._messages = _Allowance(settings.per_minute, parts.wall)
        self._wrong = _Allowance(_WRONG_A_MINUTE, parts.wall)
        self._last_id = 0

    async def run(self, start_position: str | None, deliver: Deliver) -> None:
        # Imported where it is used: the app needs no server's parser without a webhook.
        from signalos.sources._http import serve

        self._secret = _secret(self._settings, self._environ)
        if start_position is not None and start_position.isdecimal():
            self._last_id = int(start_position)
        broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def answer(asked: Asked) -> Said:
            return self._answer(asked, deliver, broken)

        try:
            server = await serve(self._host, self._asked_port, answer, largest=LARGEST)
        except OSError as why:
            raise ConfigError(
                f"source {self.name!r} cannot listen at {self._settings.listen}: {why.strerror or why}. Stop "
                "the program that uses this port, or set another one in `listen`."
            ) from why
        async with server:
            self.port = server.port
            self.health.connected, self.health.error = True, ""
            try:
                await broken
            finally:
                self.health.connected = False

    def _answer(self, asked: Asked, deliver: Deliver, broken: asyncio.Future[None]) -> Said:
        from signalos.sources._http import Said, problem

        try:
            self._allowed(asked)
            post = self._post(asked)
        except _Refused as why:
            return problem(why.status, why.code, why.detail, why.headers)
        try:
            deliver(post, str(self._last_id))
        except Exception as why:  # noqa: BLE001 -- whatever it is, it ends the run below
            # Nothing may go on unjournalled: the run ends with it, and the sender keeps the message.
            if not broken.done():
                broken.set_exception(why)
            return problem(503, "not_journalled", "the message could not be written; send it again later")
        self.health.last_message_at, self.health.error = post.posted_at, ""
        body = {"chatId": post.chat_id, "id": post.message_id}
        return Said(202, msgspec.json.encode(body), {"content-type": "application/json"})

    def _allowed(self, asked: Asked) -> None:
        if asked.path != _PATH:
            raise _Refused(404, "not_found", f"there is only {_PATH} here")
        if asked.method != "POST":
            raise _Refused(
                405, "method_not_allowed", f"messages are sent by POST to {_PATH}", {"allow": "POST"}
            )
        scheme, _, given = asked.headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), self._secret)
        if scheme.lower() != "bearer" or not right:
            if wait := self._wrong.take():
                raise _too_many(wait, "too many requests without the right secret")
            raise _Refused(
                401,
                "unauthorized",
                f"send the secret of {self._settings.secret_variable}: Authorization: Bearer SECRET",
                {"www-authenticate": "Bearer"},
            )
        if asked.too_large:
            raise _Refused(413, "too_large", f"a body has at most {LARGEST} bytes")
        if wait := self._messages.take():
            raise _too_many(wait, f"more than {self._settings.per_minute} messages a minute")

    def _post(self, asked: Asked) -> Post:
        kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
        now, chat_name = self._market.now(), self._settings.chat_name or self.name
        try:
            if kind == "application/json":
                row = msgspec.json.decode(asked.body, type=MessageRow)
                return post_of(row, source=self.name, chat_name=chat_name, now=now, dated=False)
            if kind == "text/plain":
                text = asked.body.decode("utf-8-sig")
                if not text.strip():
                    raise ValueError("the text is empty")
                number = self._number(asked.headers.get("idempotency-key", ""))
                return Post(self.name, self._settings.chat_id, chat_name, number, clean_text(text), now)
        except msgspec.ValidationError as why:
            raise _Refused(422, "invalid_message", str(why)) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as why:
            raise _Refused(400, "unreadable_body", f"the body cannot be read: {why}") from None
        except ValueError as why:
            raise _Refused(422, "invalid_message", str(why)) from None
        raise _Refused(415, "wrong_content_type", "send application/json or text/plain")

    def _number(self, key: str) -> int:
        """The id of a plain text: the same for the same ``key``; without one rising with the time."""
        if key:
            return int.from_bytes(hashlib.sha256(key.encode()).digest()[:7]) | 1 << 62
        self._last_id = max(self._last_id + 1, int(self._market.now().timestamp() * 1000))
        return self._last_id


def _too_many(wait: float, why: str) -> _Refused:
    return _Refused(
        429, "too_many_requests", f"{why}; try again later", {"retry-after": str(int(wait) + 1)}
    )


def _loopback(settings: WebhookSettings) -> tuple[str, int]:
    host, colon, port = settings.listen.rpartition(":")
    host = host.strip("[]")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(
            f"source {settings.name!r}: listen {settings.listen!r} is no address: 127.0.0.1:PORT"
        )
    try:
        loopback = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigError(
            f"source {settings.name!r}: listen {settings.listen!r} is refused: the webhook speaks no TLS, so that "
            f"its secret would cross the network in clear. Write 127.0.0.1:{port}, and put a program that "
            "speaks TLS (such as Caddy) in front of it for senders elsewhere."
        )
    return host, int(port)


def _secret(settings: WebhookSettings, environ: Mapping[str, str]) -> bytes:
    secret = environ.get(settings.secret_variable, "").strip()
    if len(secret) < _SHORTEST_SECRET:
        raise ConfigError(
            f"source {settings.name!r} needs a secret of at least {_SHORTEST_SECRET} characters in the environment "
            f"variable {settings.secret_variable}; it is {'too short' if secret else 'not set'}. Make one: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    return secret.encode()


def build(settings: WebhookSettings, parts: SourceParts) -> WebhookSource:
    """Make the source that an entry of ``sources`` describes. Raises ConfigError."""
    return WebhookSource(settings, parts)
