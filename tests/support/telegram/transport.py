"""MTProto 2.0 from the server's side, over TCP "full" framing: handshake, encryption, messages.

Only for tests on loopback. Sources: core.telegram.org/mtproto/description, /auth_key and /mtproto-transports.
Telethon's own classes read and write the objects, so that both sides always speak the same layer.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import struct
import time
from collections.abc import Callable
from hashlib import sha1, sha256
from typing import Any
from zlib import crc32

import rsa
from telethon import helpers
from telethon.crypto import AES, AuthKey
from telethon.extensions import BinaryReader
from telethon.network.mtprotostate import MTProtoState
from telethon.tl import TLObject, types
from telethon.tl.core import GzipPacked, MessageContainer

# The 2048-bit safe prime that Telegram's servers use (core.telegram.org/mtproto/auth_key), generator 3.
PRIME = int(
    "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4db"
    "fa336f6e0ac925139543aed44cce7c3720fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64"
    "2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4a4a695811051907e162753b56b0f6b41"
    "0dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4"
    "e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf"
    "6f4fadf034b10403119cd8e3b92fcc5b",
    16,
)
GENERATOR = 3
_P, _Q = 32771, 65521  # the product has its top bit free, since clients read it as signed
_KEY_BYTES = 256
_RPC_RESULT = 0xF35C6D01


class Keys:
    """The server's RSA key, and the authorisation keys that clients have agreed on with it."""

    def __init__(self) -> None:
        self.public, self._private = rsa.newkeys(2048)
        self.known: dict[int, AuthKey] = {}

    @property
    def pem(self) -> str:
        """The public key as a client takes it."""
        return self.public.save_pkcs1().decode()

    @property
    def fingerprint(self) -> int:
        """The end of SHA1 over the key's parts as TL strings, as a signed number."""
        n, e = (_tl(_bytes(part)) for part in (self.public.n, self.public.e))
        return int(struct.unpack("<q", sha1(n + e).digest()[-8:])[0])  # noqa: S324 -- as MTProto says

    def open(self, sealed: bytes) -> bytes:
        """What a client sealed with the public key, without its hash."""
        return pow(int.from_bytes(sealed, "big"), self._private.d, self._private.n).to_bytes(255, "big")[
            20:
        ]


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _tl(data: bytes) -> bytes:
    return bytes(TLObject.serialize_bytes(data))


class Link:
    """One client's TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keys: Keys) -> None:
        self._reader = reader
        self._writer = writer
        self._keys = keys
        self._sent = itertools.count()
        self._last_id = 0
        self._handshake = _Handshake(keys)
        self.key: AuthKey | None = None
        self.session = 0

    async def run(self, answer: Callable[[Link, Any], Any]) -> None:
        """Serve until the client is gone. ``answer`` returns what a request gives, or an RpcError, or None."""
        while True:
            body = await self._packet()
            if int.from_bytes(body[:8], "little") == 0:
                reply = self._handshake.answer(BinaryReader(body[20:]).tgread_object())
                data = bytes(reply)
                self._frame(struct.pack("<qqi", 0, self._new_id(1), len(data)) + data)
            else:
                for number, request in self._open(body):
                    self._serve(number, request, answer)
            await self._writer.drain()

    def push(self, update: Any) -> None:
        """Send what the client did not ask for."""
        if self.key is not None:
            self._send(bytes(update), 3)

    def close(self) -> None:
        """Drop the connection, with whatever is under way."""
        self._writer.transport.abort()

    def _serve(self, number: int, request: Any, answer: Callable[[Link, Any], Any]) -> None:
        if isinstance(request, types.MsgsAck):
            return
        if hasattr(request, "ping_id"):
            self._send(bytes(types.Pong(number, request.ping_id)), 1)
            return
        result = answer(self, request)
        if result is None:
            return
        if isinstance(result, list):
            body = struct.pack("<Ii", 0x1CB5C415, len(result)) + b"".join(bytes(one) for one in result)
        else:
            body = bytes(result)
        self._send(struct.pack("<Iq", _RPC_RESULT, number) + body, 1)

    # ------------------------------------------------------------------ encryption

    def _open(self, body: bytes) -> list[tuple[int, Any]]:
        key = self._keys.known[int.from_bytes(body[:8], "little")]
        self.key = key
        msg_key = body[8:24]
        aes_key, aes_iv = MTProtoState._calc_key(key.key, msg_key, True)
        plain = AES.decrypt_ige(body[24:], aes_key, aes_iv)
        if sha256(key.key[88:120] + plain).digest()[8:24] != msg_key:
            raise ValueError("the client's message key is wrong")
        _, self.session, number, _, length = struct.unpack("<qqqii", plain[:32])
        return list(_unpacked(number, BinaryReader(plain[32 : 32 + length]).tgread_object()))

    def _send(self, data: bytes, kind: int) -> None:
        assert self.key is not None
        plain = struct.pack("<qqqii", 0, self.session, self._new_id(kind), 1, len(data)) + data
        plain += os.urandom(-(len(plain) + 12) % 16 + 12)
        msg_key = sha256(self.key.key[96:128] + plain).digest()[8:24]
        aes_key, aes_iv = MTProtoState._calc_key(self.key.key, msg_key, False)
        self._frame(struct.pack("<Q", self.key.key_id) + msg_key + AES.encrypt_ige(plain, aes_key, aes_iv))

    def _new_id(self, kind: int) -> int:
        """Ids grow and are odd; 1 answers a request, 3 does not."""
        self._last_id = max(self._last_id + 4, int(time.time() * 2**32)) // 4 * 4
        return self._last_id + kind

    # ------------------------------------------------------------------ framing

    async def _packet(self) -> bytes:
        head = await self._reader.readexactly(8)
        body = await self._reader.readexactly(struct.unpack("<i", head[:4])[0] - 8)
        if crc32(head + body[:-4]) != struct.unpack("<I", body[-4:])[0]:
            raise ValueError("the client's checksum is wrong")
        return body[:-4]

    def _frame(self, data: bytes) -> None:
        framed = struct.pack("<ii", len(data) + 12, next(self._sent)) + data
        self._writer.write(framed + struct.pack("<I", crc32(framed)))


def _unpacked(number: int, obj: Any) -> Any:
    if isinstance(obj, MessageContainer):
        for message in obj.messages:
            yield from _unpacked(message.msg_id, message.obj)
    elif isinstance(obj, GzipPacked):
        yield from _unpacked(number, BinaryReader(obj.data).tgread_object())
    else:
        yield number, obj


class _Handshake:
    """Agreeing on a key: RSA, then Diffie-Hellman."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._nonce = self._server_nonce = self._new_nonce = 0
        self._a = int.from_bytes(os.urandom(256), "big")

    def answer(self, request: Any) -> Any:
        """Answer a request that is not encrypted yet."""
        steps = {
            "ReqPqMultiRequest": self._begin,
            "ReqDHParamsRequest": self._offer,
            "SetClientDHParamsRequest": self._agree,
        }
        return steps[type(request).__name__](request)

    def _begin(self, request: Any) -> Any:
        self._nonce = request.nonce
        self._server_nonce = int.from_bytes(os.urandom(16), "little", signed=True)
        return types.ResPQ(self._nonce, self._server_nonce, _bytes(_P * _Q), [self._keys.fingerprint])

    def _offer(self, request: Any) -> Any:
        self._new_nonce = BinaryReader(self._keys.open(request.encrypted_data)).tgread_object().new_nonce
        inner = bytes(
            types.ServerDHInnerData(
                self._nonce,
                self._server_nonce,
                GENERATOR,
                _bytes(PRIME),
                _bytes(pow(GENERATOR, self._a, PRIME)),
                int(time.time()),
            )
        )
        check = sha1(inner).digest()  # noqa: S324 -- as MTProto says
        sealed = AES.encrypt_ige(check + inner, *self._aes())
        return types.ServerDHParamsOk(self._nonce, self._server_nonce, sealed)

    def _agree(self, request: Any) -> Any:
        inner = BinaryReader(AES.decrypt_ige(request.encrypted_data, *self._aes())[20:]).tgread_object()
        shared = pow(int.from_bytes(inner.g_b, "big"), self._a, PRIME)
        key = AuthKey(_bytes(shared))
        if len(key.key) < _KEY_BYTES:
            # One key in 256 begins with a zero. Telethon leaves that out, and what it stores of such a key is another
            # one: the session would be unknown here ever after. Telegram's protocol lets a server ask for a new one.
            return types.DhGenRetry(
                self._nonce, self._server_nonce, key.calc_new_nonce_hash(self._new_nonce, 2)
            )
        self._keys.known[key.key_id] = key
        return types.DhGenOk(self._nonce, self._server_nonce, key.calc_new_nonce_hash(self._new_nonce, 1))

    def _aes(self) -> tuple[bytes, bytes]:
        key, iv = helpers.generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        return key, iv
