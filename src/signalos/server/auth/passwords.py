"""Passwords: argon2id, computed off the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MiB of memory."""


class Passwords:
    """Hashes and checks passwords. Tests hand in a cheaper ``hasher``."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="signalos-argon2")
        # Checked for unknown emails, so that the answer's time does not tell which emails exist.
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The argon2id hash of ``password``; takes tens of milliseconds."""
        return self._hasher.hash(password)

    async def hashed(self, password: str) -> str:
        """:meth:`hash`, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Tell whether ``password`` is the one behind ``stored``; None never matches, as slowly."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._matches, stored, password)

    def _matches(self, stored: str | None, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (Argon2Error, InvalidHashError):
            return False
        return stored is not None

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()
