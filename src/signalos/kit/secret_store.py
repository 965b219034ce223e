"""Small secrets at rest: in the operating system's keyring, or in a file that a passphrase encrypts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from signalos.kit.paths import write_atomically

PASSPHRASE = "SIGNALOS_PASSPHRASE"  # noqa: S105 -- the variable's name, not what is in it
_SERVICE = "signalos"
_SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
"""About 0.1 s and 32 MiB. They are not in the file: whoever could write it could ask for weak ones."""


class SecretUnreadable(Exception):
    """A secret is there but cannot be read, or there is nowhere to keep one; the text says what to do."""


class Keyring(Protocol):
    """What is used of an operating system's keyring."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return the secret, or None."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep the secret."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget the secret."""
        ...


class _Sealed(msgspec.Struct, frozen=True):
    """A secret's file: AES-256-GCM under scrypt (RFC 7914) of the passphrase; the name is authenticated."""

    salt: bytes
    nonce: bytes
    sealed: bytes


class SecretStore:
    """Keeps secrets of ``folder`` by name. With a passphrase they are files in it, else in the keyring.

    The file is readable by its owner alone and useless without the passphrase, which is stored nowhere.
    Calls may block (a keyring may ask its user): run them in a thread.
    """

    def __init__(self, folder: Path, passphrase: str, keyring: Keyring | None) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._keyring = keyring

    @classmethod
    def open(cls, folder: Path, environ: Mapping[str, str]) -> SecretStore:
        """The store of ``folder``: the passphrase is ``SIGNALOS_PASSPHRASE``, the keyring the system's."""
        return cls(folder, environ.get(PASSPHRASE, ""), _system_keyring())

    def where(self, name: str) -> str:
        """Where the secret is kept, in words; "" if it is not known here. Reads no secret from a file."""
        if self._file(name).exists():
            return f"the encrypted file {self._file(name)}"
        return "the system's keyring" if self._from_keyring(name) is not None else ""

    def read(self, name: str) -> str | None:
        """Return the secret, or None where there is none. Raises SecretUnreadable."""
        try:
            data = self._file(name).read_bytes()
        except FileNotFoundError:
            return self._from_keyring(name)
        except OSError as why:
            raise SecretUnreadable(f"{self._file(name)} cannot be read: {why.strerror}") from why
        return self._opened(name, data)

    def write(self, name: str, secret: str) -> str:
        """Keep ``secret``, and nowhere else; the place in words. Raises SecretUnreadable."""
        if self._passphrase:
            write_atomically(self._file(name), self._closed(name, secret), mode=0o600)
            return self.where(name)
        if self._keyring is None:
            raise SecretUnreadable(
                f"there is no keyring on this machine, so a file must keep the secret: set {PASSPHRASE} to a "
                "passphrase of yours (for each start as well) and try again"
            )
        try:
            self._keyring.set_password(_SERVICE, self._user(name), secret)
        except Exception as why:
            raise SecretUnreadable(
                f"{_keyring_fails(why)}, or set {PASSPHRASE} to keep it in a file"
            ) from why
        self._file(name).unlink(missing_ok=True)
        return "the system's keyring"

    def forget(self, name: str) -> None:
        """Remove the secret wherever it is."""
        self._file(name).unlink(missing_ok=True)
        if self._keyring is not None and self._from_keyring(name) is not None:
            self._keyring.delete_password(_SERVICE, self._user(name))

    # ------------------------------------------------------------------ keyring

    def _user(self, name: str) -> str:
        # Two apps on one machine are two folders.
        return f"{self._folder.resolve()}/{name}"

    def _from_keyring(self, name: str) -> str | None:
        if self._keyring is None:
            return None
        try:
            return self._keyring.get_password(_SERVICE, self._user(name))
        except Exception as why:  # every backend has errors of its own
            raise SecretUnreadable(_keyring_fails(why)) from why

    # ------------------------------------------------------------------ file

    def _file(self, name: str) -> Path:
        # A name may have any characters and length.
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.sealed"

    def _closed(self, name: str, secret: str) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt, nonce = os.urandom(16), os.urandom(12)
        sealed = AESGCM(self._key(salt)).encrypt(nonce, secret.encode(), name.encode())
        return msgspec.json.encode(_Sealed(salt, nonce, sealed))

    def _opened(self, name: str, data: bytes) -> str:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        file = self._file(name)
        if not self._passphrase:
            raise SecretUnreadable(
                f"{file} is encrypted: set {PASSPHRASE} to the passphrase it was made with"
            )
        try:
            box = msgspec.json.decode(data, type=_Sealed)
            return AESGCM(self._key(box.salt)).decrypt(box.nonce, box.sealed, name.encode()).decode()
        except InvalidTag:
            raise SecretUnreadable(
                f"{file} cannot be decrypted: {PASSPHRASE} is not the passphrase it was made with, or the file "
                "was changed"
            ) from None
        except (msgspec.DecodeError, ValueError) as why:
            raise SecretUnreadable(f"{file} is damaged ({why})") from why

    def _key(self, salt: bytes) -> bytes:
        return hashlib.scrypt(self._passphrase.encode(), salt=salt, dklen=32, **_SCRYPT)


def _keyring_fails(why: Exception) -> str:
    return f"the system's keyring does not answer ({type(why).__name__}: {why}): unlock it"


def _system_keyring() -> Keyring | None:
    """The system's keyring, or None where there is none that works."""
    try:
        import keyring
        from keyring.backends import fail, null
    except ImportError:
        return None
    found = keyring.get_keyring()
    return None if isinstance(found, fail.Keyring | null.Keyring) else found
