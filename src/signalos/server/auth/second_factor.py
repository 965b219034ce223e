"""The second factor: codes of an authenticator app, asked for at sign-in and nowhere else.

Who is signed in is never asked again, so that nothing stands between a user and the emergency stop.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from signalos.kit.ids import Ids
from signalos.protocol.second_factor import SecondFactorStarted, SecondFactorView
from signalos.server.auth import repository
from signalos.server.auth.guessing import count_wrong, refuse_if_locked
from signalos.server.auth.passwords import Passwords
from signalos.server.auth.repository import StoredFactor
from signalos.server.db.session import Writing
from signalos.server.db.store import Store
from signalos.server.problems import Problem

T = TypeVar("T")
ISSUER = "SignalOS"
STEP_SECONDS = 30
TOLERANCE = 1
"""Steps that the authenticator's clock may be early or late."""
WRONG_ANSWERS = 10
COUNTED_AS = "second factor"
"""Stands in the place of an address: wrong codes count for the user, wherever they come from."""
SECRET_BYTES = 20
NONCE_BYTES = 12


class Vault:
    """Keeps secrets encrypted by a key that follows from SESSION_SECRET, each bound to its user."""

    def __init__(self, session_secret: bytes, ids: Ids) -> None:
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"signalos second factor")
        self._box = AESGCM(derive.derive(session_secret))
        self._ids = ids

    def close(self, secret: str, user_id: int) -> str:
        """``secret`` as it may lie in the database."""
        nonce = random_bytes(self._ids, NONCE_BYTES)
        return base64.b64encode(nonce + self._box.encrypt(nonce, secret.encode(), b"%d" % user_id)).decode()

    def open(self, kept: str, user_id: int) -> str:
        """The secret again. Raises Problem totp_unreadable."""
        raw = base64.b64decode(kept)
        try:
            return self._box.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], b"%d" % user_id).decode()
        except InvalidTag:
            raise Problem(
                "totp_unreadable",
                "the second factor was stored under another SESSION_SECRET: whoever runs the server can end it"
                " with `signalos user totp-off`",
            ) from None


class SecondFactor:
    """Begins, confirms, asks for and ends the second factor of a user."""

    def __init__(self, store: Store, passwords: Passwords, vault: Vault, ids: Ids) -> None:
        self._store = store
        self._passwords = passwords
        self._vault = vault
        self._ids = ids

    async def view(self, user_id: int) -> SecondFactorView:
        """Whether there is one."""
        stored = await self._store.read(lambda db: repository.factor(db, user_id))
        return SecondFactorView(since=stored.since)

    async def start(self, user_id: int) -> SecondFactorStarted:
        """Make a secret, which counts once it is confirmed. Raises Problem totp_on or forbidden."""
        secret = base64.b32encode(random_bytes(self._ids, SECRET_BYTES)).decode()

        def work(tx: Writing) -> str:
            stored = repository.factor(tx, user_id)
            if stored.demo:
                raise Problem("forbidden", "the demo user signs in by the printed password alone")
            if stored.since is not None:
                raise Problem(
                    "totp_on", "there is a second factor already: stop it before making a new one"
                )
            repository.set_factor(tx, user_id, self._vault.close(secret, user_id), None)
            return stored.email

        email = await self._store.write(work)
        uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
        return SecondFactorStarted(secret=secret, uri=uri)

    async def confirm(self, user_id: int, code: str) -> SecondFactorView:
        """Switch it on by the first code. Raises Problem."""

        def work(tx: Writing) -> datetime:
            stored = repository.factor(tx, user_id)
            if stored.since is not None:
                raise Problem("totp_on", "the second factor is on already")
            self._use(tx, user_id, stored, code)
            repository.confirm_factor(tx, user_id)
            return tx.now

        return SecondFactorView(since=await self._counted(user_id, work))

    async def stop(self, user_id: int, password: str, code: str) -> SecondFactorView:
        """Switch it off again, by password and code. Raises Problem."""

        def work(tx: Writing) -> None:
            stored = repository.factor(tx, user_id)
            if stored.since is None:
                raise Problem("totp_off", "there is no second factor")
            if not good:
                raise Problem("wrong_credentials", "wrong password: nothing was changed")
            self._use(tx, user_id, stored, code)
            repository.set_factor(tx, user_id, None, None)

        hashed = await self._store.read(lambda db: repository.factor(db, user_id).password)
        good = await self._passwords.matches(hashed, password)
        await self._counted(user_id, work)
        return SecondFactorView(since=None)

    async def ask(self, user_id: int, code: str | None) -> None:
        """At sign-in, after the password: pass where there is none, or the code is right. Raises Problem."""
        stored = await self._store.read(lambda db: repository.factor(db, user_id))
        if stored.since is None:
            return
        if not code or not code.strip():
            raise Problem("totp_required", "type the code that your authenticator app shows now")
        given = code
        await self._counted(
            user_id, lambda tx: self._use(tx, user_id, repository.factor(tx, user_id), given)
        )

    async def _counted(self, user_id: int, work: Callable[[Writing], T]) -> T:
        """Do ``work``, counted as a wrong answer beforehand and forgotten when it was none."""

        def count(tx: Writing) -> str:
            email = repository.factor(tx, user_id).email
            refuse_if_locked(
                tx, email, COUNTED_AS, WRONG_ANSWERS, "sign_in_locked", "wrong codes or passwords"
            )
            count_wrong(tx, email, COUNTED_AS)
            return email

        email = await self._store.write(count)

        def do(tx: Writing) -> T:
            result = work(tx)
            repository.clear_failures(tx, email, COUNTED_AS)
            return result

        return await self._store.write(do)

    def _use(self, tx: Writing, user_id: int, stored: StoredFactor, code: str) -> None:
        """Accept ``code`` if it is right and its time step was never used. Raises Problem."""
        if stored.secret is None:
            raise Problem("totp_off", "there is no second factor to confirm: start it first")
        step = step_of(self._vault.open(stored.secret, user_id), code, tx.now)
        if step is None:
            raise Problem(
                "totp_wrong", "this is not the present code: compare it, and check the phone's clock"
            )
        if step <= stored.last_step:
            raise Problem("totp_wrong", "this code was used before: wait for the next one")
        repository.use_step(tx, user_id, step)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, within the tolerance; None where it is none of them."""
    digits = "".join(code.split())
    if re.fullmatch(r"[0-9]{6}", digits) is None:
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        if hmac.compare_digest(pyotp.HOTP(secret).at(step), digits):
            found = step
    return found


def random_bytes(ids: Ids, size: int) -> bytes:
    """``size`` unguessable bytes."""
    text = ids.secret(size)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
