"""Secrets come back whole, from where they were put, to whoever has the passphrase, and to nobody else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from signalos.kit.secret_store import SecretStore, SecretUnreadable


class Ring:
    """A keyring that works; ``locked`` makes it refuse."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        del self.kept[service, username]

    def _open(self) -> None:
        if self.locked:
            raise RuntimeError("the collection is locked")


def test_with_a_passphrase_the_secret_is_a_file_that_shows_nothing(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "new", "open sesame", Ring())
    place = store.write("telegram:main", "the secret — ключ")
    assert store.read("telegram:main") == "the secret — ключ"
    (file,) = (tmp_path / "new").iterdir()
    assert str(file) in place == store.where("telegram:main")
    assert b"secret" not in file.read_bytes()
    assert b"main" not in file.read_bytes()
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o777 == 0o600


def test_each_writing_is_sealed_anew(tmp_path: Path) -> None:
    store = SecretStore(tmp_path, "open sesame", None)
    store.write("a", "same")
    first = next(tmp_path.iterdir()).read_bytes()
    store.write("a", "same")
    assert next(tmp_path.iterdir()).read_bytes() != first


def test_without_a_passphrase_the_keyring_keeps_it_for_this_folder_alone(tmp_path: Path) -> None:
    ring = Ring()
    store = SecretStore(tmp_path / "one", "", ring)
    assert store.write("a", "s1") == "the system's keyring" == store.where("a")
    assert store.read("a") == "s1"
    assert SecretStore(tmp_path / "two", "", ring).read("a") is None
    assert not (tmp_path / "one").exists()


def test_with_neither_it_says_what_to_set(tmp_path: Path) -> None:
    store = SecretStore(tmp_path, "", None)
    assert store.read("a") is None
    assert store.where("a") == ""
    with pytest.raises(SecretUnreadable, match="set SIGNALOS_PASSPHRASE"):
        store.write("a", "s")


def test_a_secret_that_moves_into_the_keyring_leaves_no_file(tmp_path: Path) -> None:
    ring = Ring()
    SecretStore(tmp_path, "open sesame", ring).write("a", "old")
    SecretStore(tmp_path, "", ring).write("a", "new")
    assert list(tmp_path.iterdir()) == []
    assert SecretStore(tmp_path, "open sesame", ring).read("a") == "new"


@pytest.mark.parametrize(
    ("passphrase", "words"),
    [("", "is encrypted: set SIGNALOS_PASSPHRASE"), ("wrong", "is not the passphrase")],
)
def test_without_the_passphrase_it_stays_shut(tmp_path: Path, passphrase: str, words: str) -> None:
    SecretStore(tmp_path, "open sesame", None).write("a", "s")
    with pytest.raises(SecretUnreadable, match=words):
        SecretStore(tmp_path, passphrase, None).read("a")


def test_a_file_of_another_name_is_not_taken_for_this_one(tmp_path: Path) -> None:
    store = SecretStore(tmp_path, "open sesame", None)
    store.write("a", "of a")
    (of_a,) = tmp_path.iterdir()
    store.write("b", "of b")
    (of_b,) = set(tmp_path.iterdir()) - {of_a}
    of_b.write_bytes(of_a.read_bytes())
    with pytest.raises(SecretUnreadable, match="or the file was changed"):
        store.read("b")


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"salt":"!","nonce":"","sealed":""}', b"\xff" * 40])
def test_a_damaged_file_is_told_as_damaged(tmp_path: Path, damage: bytes) -> None:
    store = SecretStore(tmp_path, "open sesame", None)
    store.write("a", "s")
    next(tmp_path.iterdir()).write_bytes(damage)
    with pytest.raises(SecretUnreadable, match="is damaged"):
        store.read("a")


def test_a_locked_keyring_is_told_with_what_to_do(tmp_path: Path) -> None:
    ring = Ring()
    ring.locked = True
    store = SecretStore(tmp_path, "", ring)
    told = r"does not answer.*locked.*unlock it"
    with pytest.raises(SecretUnreadable, match=told):
        store.read("a")
    with pytest.raises(SecretUnreadable, match=told):
        store.write("a", "s")
    with pytest.raises(SecretUnreadable, match=told):
        store.where("a")


def test_what_is_forgotten_is_gone_from_both_places(tmp_path: Path) -> None:
    ring = Ring()
    SecretStore(tmp_path, "", ring).write("a", "in the ring")
    store = SecretStore(tmp_path, "open sesame", ring)
    store.write("a", "in the file")
    store.forget("a")
    store.forget("a")
    assert store.read("a") is None
    assert ring.kept == {}
    assert list(tmp_path.iterdir()) == []


def test_the_systems_own_store_opens_and_keeps(tmp_path: Path) -> None:
    store = SecretStore.open(tmp_path, {"SIGNALOS_PASSPHRASE": "open sesame"})
    store.write("a", "s")
    assert store.read("a") == "s"
