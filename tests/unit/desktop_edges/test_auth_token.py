"""The terminal's token: stored for its owner alone, and never shown."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from signalos.desktop.auth import AuthTokenManager, windows_owner_only
from signalos.domain.errors import NotAllowed

TOKEN = "sgt_" + "aB3-_" * 8
posix = pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX's")


@pytest.fixture
def tokens(tmp_path: Path) -> AuthTokenManager:
    return AuthTokenManager(tmp_path / "home")


def test_what_is_stored_comes_back(tokens: AuthTokenManager) -> None:
    assert tokens.get_auth_token() is None
    assert tokens.get_auth_token("main") is None
    tokens.store_auth_token(f"  {TOKEN}\n")
    assert tokens.get_auth_token() == TOKEN
    assert tokens.get_auth_token("main") == TOKEN


def test_a_terminal_may_have_its_own(tokens: AuthTokenManager, tmp_path: Path) -> None:
    tokens.store_auth_token(TOKEN + "1", "a/../b c")
    assert tokens.get_auth_token() == TOKEN + "1"
    assert tokens.get_auth_token("other") is None
    tokens.store_auth_token(TOKEN)
    assert tokens.get_auth_token("a/../b c") == TOKEN + "1"
    assert tokens.get_auth_token("other") == TOKEN
    assert {p.parent for p in tmp_path.rglob("*") if p.is_file()} == {tmp_path / "home"}


@posix
def test_only_its_owner_can_read_it(tokens: AuthTokenManager, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    tokens.store_auth_token(TOKEN)
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "auth_token").stat().st_mode & 0o777 == 0o600


@posix
def test_a_token_that_others_could_read_is_closed(
    tokens: AuthTokenManager, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tokens.store_auth_token(TOKEN)
    path = tmp_path / "home" / "auth_token"
    path.chmod(0o644)
    with caplog.at_level(logging.DEBUG):
        assert tokens.get_auth_token() == TOKEN
    assert path.stat().st_mode & 0o777 == 0o600
    assert "could be read by others" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("text", ["", "short", "two words " * 4, "a" * 3000, TOKEN + "\nX: y", "ä" * 30])
def test_what_has_no_tokens_shape_is_refused_unseen(tokens: AuthTokenManager, text: str) -> None:
    assert not tokens.validate_token(text)
    with pytest.raises(NotAllowed) as caught:
        tokens.store_auth_token(text)
    assert text.strip() == "" or text not in str(caught.value)
    assert tokens.get_auth_token() is None


def test_a_damaged_file_is_named(tokens: AuthTokenManager, tmp_path: Path) -> None:
    tokens.store_auth_token(TOKEN)
    (tmp_path / "home" / "auth_token").write_bytes(b"\x00\xff garbage")
    with pytest.raises(NotAllowed, match="does not hold a token"):
        tokens.get_auth_token()
    (tmp_path / "home" / "auth_token").unlink()
    (tmp_path / "home" / "auth_token").mkdir()
    with pytest.raises(NotAllowed, match="cannot be read"):
        tokens.get_auth_token()


class Windows:
    """Answers as whoami and icacls do."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.commands: list[list[str]] = []

    def __call__(self, command: Sequence[str]) -> str:
        self.commands.append(list(command))
        return self.who if "whoami" in command[0] else "processed file"


def test_on_windows_the_access_list_names_the_owner_alone(tmp_path: Path) -> None:
    system = Windows('"desktop\\\\trader, jr","S-1-5-21-1-2-3-1001"\r\n')
    windows_owner_only(tmp_path, system)
    (tmp_path / "token").touch()
    windows_owner_only(tmp_path / "token", system)
    assert [c[2:] for c in system.commands if "icacls" in c[0]] == [
        ["/inheritance:r", "/grant:r", "*S-1-5-21-1-2-3-1001:(OI)(CI)F"],
        ["/inheritance:r", "/grant:r", "*S-1-5-21-1-2-3-1001:F"],
    ]


@pytest.mark.parametrize("who", ["", "garbage", '"x","S-1-5; rm"'])
def test_on_windows_an_unknown_user_ends_it(tmp_path: Path, who: str) -> None:
    with pytest.raises(NotAllowed, match="owner alone"):
        windows_owner_only(tmp_path, Windows(who))
