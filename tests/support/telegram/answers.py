"""What the loopback Telegram answers to each method."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from telethon import password
from telethon.tl import types

from tests.support.telegram.transport import GENERATOR, PRIME, Link

if TYPE_CHECKING:
    from tests.support.telegram.double import ChatDouble, TelegramDouble

_FREE = {"GetConfig", "SendCode", "SignIn", "GetPassword", "CheckPassword"}
_EMPTY_SETTINGS = types.PeerNotifySettings()


def _refusal(code: int, words: str) -> types.RpcError:
    return types.RpcError(code, words)


class Answers:
    """Requests of one account, answered from what the double holds."""

    def __init__(self, double: TelegramDouble) -> None:
        self._double = double
        self._srp: _Srp | None = None

    def to(self, link: Link, method: str, request: Any) -> Any:
        """Answer ``request``; an unknown method fails the test by its name."""
        assert link.key is not None
        if method not in _FREE and link.key.key_id not in self._double.authorized:
            return _refusal(401, "AUTH_KEY_UNREGISTERED")
        return getattr(self, f"_{method}")(link, request)

    # ------------------------------------------------------------------ signing in

    def _GetConfig(self, _link: Link, _request: Any) -> Any:  # noqa: N802 -- a method's own name
        now = datetime.now(UTC)
        server = types.DcOption(2, "127.0.0.1", self._double.port)
        limits = [1] * 21  # sizes and times that nobody here asks for
        return types.Config(now, now, False, 2, [server], "", *limits, "", 1, 1, 1)

    def _SendCode(self, _link: Link, request: Any) -> Any:  # noqa: N802
        if request.phone_number.lstrip("+") != self._double.me.phone:
            return _refusal(400, "PHONE_NUMBER_INVALID")
        return types.auth.SentCode(types.auth.SentCodeTypeApp(5), "hash-of-the-code")

    def _SignIn(self, link: Link, request: Any) -> Any:  # noqa: N802
        if request.phone_code != "12345":
            return _refusal(400, "PHONE_CODE_INVALID")
        if self._double.password:
            return _refusal(401, "SESSION_PASSWORD_NEEDED")
        return self._welcome(link)

    def _GetPassword(self, _link: Link, _request: Any) -> Any:  # noqa: N802
        self._srp = _Srp(self._double.password)
        return self._srp.question

    def _CheckPassword(self, link: Link, request: Any) -> Any:  # noqa: N802
        if self._srp is None or not self._srp.takes(request.password):
            return _refusal(400, "PASSWORD_HASH_INVALID")
        return self._welcome(link)

    def _welcome(self, link: Link) -> Any:
        assert link.key is not None
        self._double.authorized.add(link.key.key_id)
        return types.auth.Authorization(self._double.me)

    def _LogOut(self, link: Link, _request: Any) -> Any:  # noqa: N802
        assert link.key is not None
        self._double.authorized.discard(link.key.key_id)
        return types.auth.LoggedOut()

    # ------------------------------------------------------------------ the account

    def _GetUsers(self, _link: Link, _request: Any) -> Any:  # noqa: N802
        return [self._double.me]

    def _GetState(self, _link: Link, _request: Any) -> Any:  # noqa: N802
        return types.updates.State(self._double.pts, 1, self._double.clock, 1, 0)

    def _GetDifference(self, _link: Link, _request: Any) -> Any:  # noqa: N802
        return types.updates.DifferenceEmpty(self._double.clock, 1)

    def _GetChannelDifference(self, _link: Link, request: Any) -> Any:  # noqa: N802
        """New messages come again; lost edits and deletions never do, as measured at the real one."""
        chat = self._double.chats[request.channel.channel_id]
        news = [
            update.message
            for pts, update in chat.events
            if pts > request.pts and isinstance(update, types.UpdateNewChannelMessage)
        ]
        users, chats = self._double.entities()
        return types.updates.ChannelDifference(chat.pts, news, [], chats, users, final=True, timeout=30)

    def _GetDialogs(self, _link: Link, _request: Any) -> Any:  # noqa: N802
        users, chats = self._double.entities()
        there = [chat for chat in self._double.chats.values() if not chat.left]
        dialogs = [
            types.Dialog(chat.peer, chat.top, 0, 0, 0, 0, 0, 0, _EMPTY_SETTINGS)
            for chat in there  # a dialog has no pts here: Telethon learns it from the first update
        ]
        tops = [chat.messages[chat.top] for chat in there if chat.top in chat.messages]
        return types.messages.Dialogs(dialogs, tops, chats, users)

    def _ResolveUsername(self, _link: Link, request: Any) -> Any:  # noqa: N802
        users, chats = self._double.entities()
        for chat in self._double.chats.values():
            if chat.username == request.username:
                return types.contacts.ResolvedPeer(chat.peer, chats, users)
        return _refusal(400, "USERNAME_NOT_OCCUPIED")

    # ------------------------------------------------------------------ messages

    def _GetHistory(self, _link: Link, request: Any) -> Any:  # noqa: N802
        chat = self._chat(request.peer)
        if chat.private:
            return _refusal(400, "CHANNEL_PRIVATE")
        ids = sorted(chat.messages, reverse=True)
        begin = next(
            (i for i, n in enumerate(ids) if not request.offset_id or n < request.offset_id), len(ids)
        )
        begin += request.add_offset
        page = ids[max(0, begin) : max(0, begin + request.limit)]
        wanted = [n for n in page if n > request.min_id and (not request.max_id or n < request.max_id)]
        return self._messages(chat, [chat.messages[n] for n in wanted])

    def _GetMessages(self, _link: Link, request: Any) -> Any:  # noqa: N802
        numbers = [one.id for one in request.id]
        if hasattr(request, "channel"):
            chat = self._chat(request.channel)
        else:
            there = [c for c in self._double.chats.values() if c.kind in ("group", "private")]
            chat = next((c for c in there if set(numbers) & set(c.messages)), there[0])
        return self._messages(chat, [chat.messages.get(n) or types.MessageEmpty(n, None) for n in numbers])

    def _messages(self, chat: ChatDouble, messages: list[Any]) -> Any:
        users, chats = self._double.entities()
        if chat.kind in ("channel", "supergroup"):
            return types.messages.ChannelMessages(chat.pts, len(messages), messages, [], chats, users)
        return types.messages.Messages(messages, [], chats, users)

    def _GetParticipants(self, _link: Link, request: Any) -> Any:  # noqa: N802
        chat = self._chat(request.channel)
        if not chat.admins:
            return _refusal(400, "CHAT_ADMIN_REQUIRED")
        rows = [
            types.ChannelParticipantAdmin(n, n, self._double.clock, types.ChatAdminRights())
            for n in chat.admins
        ]
        people: list[Any] = [types.User(n, access_hash=n, first_name=f"admin {n}") for n in chat.admins]
        # Telethon asks on until a page is empty.
        page = rows[request.offset :]
        return types.channels.ChannelParticipants(len(rows), page, [chat.entity], people if page else [])

    def _chat(self, peer: Any) -> ChatDouble:
        number = next(
            getattr(peer, name) for name in ("channel_id", "chat_id", "user_id") if hasattr(peer, name)
        )
        return self._double.chats[number]


class _Srp:
    """The server's half of the two-step verification (core.telegram.org/api/srp, RFC 2945)."""

    def __init__(self, secret: str) -> None:
        self._algo = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
            os.urandom(8), os.urandom(16), GENERATOR, PRIME.to_bytes(256, "big")
        )
        x = int.from_bytes(password.compute_hash(self._algo, secret), "big")
        self._verifier = pow(GENERATOR, x, PRIME)
        self._b = int.from_bytes(os.urandom(256), "big") % PRIME
        self._p, self._g = PRIME.to_bytes(256, "big"), GENERATOR.to_bytes(256, "big")
        k = int.from_bytes(password.sha256(self._p, self._g), "big")
        self._public = ((k * self._verifier + pow(GENERATOR, self._b, PRIME)) % PRIME).to_bytes(256, "big")

    @property
    def question(self) -> Any:
        """What the client is asked."""
        unknown = types.SecurePasswordKdfAlgoUnknown()
        return types.account.Password(
            self._algo,
            unknown,
            b"",
            has_password=True,
            current_algo=self._algo,
            srp_B=self._public,
            srp_id=1,
        )

    def takes(self, proof: Any) -> bool:
        """Tell whether ``proof`` comes from the same password."""
        u = int.from_bytes(password.sha256(proof.A, self._public), "big")
        shared = pow(int.from_bytes(proof.A, "big") * pow(self._verifier, u, PRIME), self._b, PRIME)
        expected = password.sha256(
            password.xor(password.sha256(self._p), password.sha256(self._g)),
            password.sha256(self._algo.salt1),
            password.sha256(self._algo.salt2),
            proof.A,
            self._public,
            password.sha256(shared.to_bytes(256, "big")),
        )
        return bool(expected == proof.M1)
