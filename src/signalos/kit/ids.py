"""Identities and randomness, handed in so that a run can be repeated to the last id."""

from __future__ import annotations

import base64
import hashlib
import random
import secrets
import time
import uuid
from typing import Protocol


class Ids(Protocol):
    """Where new identities come from."""

    def uuid(self) -> str:
        """A fresh UUID as text."""
        ...

    def secret(self, size: int = 32) -> str:
        """A fresh unguessable token of ``size`` random bytes, URL-safe text."""
        ...


class SystemIds:
    """Identities from the operating system's randomness and clock."""

    def uuid(self) -> str:
        """A UUID of version 7 (RFC 9562, 5.7): later ones sort later, so an index of them grows at its end alone."""
        milliseconds = time.time_ns() // 1_000_000
        version, variant = 7, 0b10
        fields = milliseconds << 80 | version << 76 | secrets.randbits(12) << 64
        return str(uuid.UUID(int=fields | variant << 62 | secrets.randbits(62)))

    def secret(self, size: int = 32) -> str:
        return secrets.token_urlsafe(size)


class SeededIds:
    """Identities that a seed repeats: for tests and replays only, never for secrets in production."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- repeatability is the purpose

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def secret(self, size: int = 32) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(size)).rstrip(b"=").decode()


def derived_id(*parts: object, length: int = 20) -> str:
    """An upper-case base32 id of ``length`` characters that the same ``parts`` always give.

    Parts are joined unambiguously (each with its length), hashed with SHA-256 and cut.
    """
    text = "".join(f"{len(str(p))}:{p};" for p in parts)
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:length]
