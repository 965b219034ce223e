"""`signalos desktop pair` as a real process against the real server."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image

from signalos.desktop.auth import AuthTokenManager
from signalos.server.db.migrate import migrate
from tests.integration.server.running import Running, User, running
from tests.support.world import signalos

CODE = re.compile(r"code\s+([A-Z]{4}-[A-Z]{4})")
WITHIN_SECONDS = 60


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    (tmp_path / "server").mkdir()
    migrate(tmp_path / "server" / "signalos.sqlite")
    async with running(tmp_path) as up:
        yield up


@pytest.fixture
async def user(server: Running) -> User:
    return await server.user()


class Command:
    """A running `signalos desktop pair`; ``folder`` is its machine."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""

    @classmethod
    async def start(cls, folder: Path, *words: str, stdin: bytes = b"") -> Command:
        process = await asyncio.create_subprocess_exec(
            *signalos("desktop", "pair", "--home", str(folder / "app"), *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "SIGNALOS_HOME": str(folder / "state")},
        )
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        return cls(process)

    async def code(self) -> str:
        """The next code that it shows."""
        assert self.process.stdout is not None
        async with asyncio.timeout(WITHIN_SECONDS):
            while line := (await self.process.stdout.readline()).decode():
                self.said += line
                if found := CODE.search(line):
                    return found[1]
        raise AssertionError(f"it showed no code:\n{self.said}")

    async def ended(self) -> int:
        async with asyncio.timeout(WITHIN_SECONDS):
            output, _ = await self.process.communicate()
        self.said += output.decode()
        assert self.process.returncode is not None
        return self.process.returncode


def tokens(folder: Path) -> AuthTokenManager:
    return AuthTokenManager(folder / "state")


def config(folder: Path, server: str | None, *ids: str) -> str:
    """A configuration with these terminals; the path of its file."""
    terminals = [{"id": name, "type": "simulated", "address": "127.0.0.1:18812"} for name in ids]
    path = folder / "config.json"
    path.write_text(json.dumps({"server_url": server, "terminals": terminals}))
    return str(path)


def picture(path: Path, server: str, token: str) -> str:
    drawn = BytesIO()
    text = json.dumps({"signalos": 1, "server": server, "token": token})
    segno.make(text).save(drawn, kind="png", scale=5, border=4)
    Image.open(drawn).convert("RGB").save(path)
    return str(path)


async def made(user: User) -> str:
    token: str = (await user.ask("POST", "/api/terminals", {"name": "My PC"})).json()["token"]
    return token


async def whose(user: User, token: str | None) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return (await user.server.http.get("/api/me", headers=headers)).json().get("id")


async def test_each_terminal_of_the_configuration_is_paired_by_a_code_of_its_own(
    user: User, tmp_path: Path
) -> None:
    file = config(tmp_path, user.server.url, "gold", "forex")
    command = await Command.start(tmp_path, "--config", file)
    for terminal_id in ("gold", "forex"):
        code = await command.code()
        seen = (await user.ask("POST", "/api/terminals/pair/look", {"userCode": code})).json()
        assert seen["terminalId"] == terminal_id
        assert seen["name"].startswith(f"{terminal_id} on ")
        approved = await user.ask("POST", "/api/terminals/pair/approve", {"userCode": code})
        assert approved.status_code == 200
    assert await command.ended() == 0, command.said
    for terminal_id in ("gold", "forex"):
        assert await whose(user, tokens(tmp_path).get_auth_token(terminal_id)) == user.id
    assert "sgt_" not in command.said

    again = await Command.start(tmp_path, "--config", file)
    assert await again.ended() == 0
    assert "nothing to do" in again.said


async def test_without_a_configuration_the_host_names_the_terminal(user: User, tmp_path: Path) -> None:
    command = await Command.start(tmp_path, "--server", user.server.url, "--name", "My VPS")
    code = await command.code()
    approved = (await user.ask("POST", "/api/terminals/pair/approve", {"userCode": code})).json()
    assert approved["name"] == "My VPS"
    assert await command.ended() == 0
    assert f'"id": "{approved["terminalId"]}"' in command.said
    assert f"{user.server.url}/pair" in command.said
    assert await whose(user, tokens(tmp_path).get_auth_token(approved["terminalId"])) == user.id


async def test_a_denied_app_says_so_and_stores_nothing(user: User, tmp_path: Path) -> None:
    command = await Command.start(tmp_path, "--server", user.server.url)
    await user.ask("POST", "/api/terminals/pair/deny", {"userCode": await command.code()})
    assert await command.ended() == 2
    assert "said no" in command.said
    assert tokens(tmp_path).get_auth_token() is None


async def test_a_revoked_terminal_is_paired_anew(user: User, tmp_path: Path) -> None:
    desk = await user.terminal("gold")
    tokens(tmp_path).store_auth_token(desk.token, "gold")
    await user.ask("POST", f"/api/terminals/{desk.row_id}/revoke")
    command = await Command.start(tmp_path, "--config", config(tmp_path, user.server.url, "gold"))
    await user.ask("POST", "/api/terminals/pair/approve", {"userCode": await command.code()})
    assert await command.ended() == 0
    fresh = tokens(tmp_path).get_auth_token("gold")
    assert fresh != desk.token
    assert await whose(user, fresh) == user.id


async def test_the_picture_of_a_token_is_taken(user: User, tmp_path: Path) -> None:
    token = await made(user)
    shot = picture(tmp_path / "shot.png", user.server.url, token)
    command = await Command.start(tmp_path, "--picture", shot)
    assert await command.ended() == 0, command.said
    assert "takes it" in command.said
    assert f'"server_url": "{user.server.url}"' in command.said
    assert tokens(tmp_path).get_auth_token() == token
    assert token not in command.said


async def test_a_picture_of_another_server_is_refused_in_words(user: User, tmp_path: Path) -> None:
    shot = picture(tmp_path / "shot.png", "https://other.example", await made(user))
    file = config(tmp_path, user.server.url, "gold")
    command = await Command.start(tmp_path, "--picture", shot, "--config", file)
    assert await command.ended() == 2
    assert "https://other.example" in command.said
    assert user.server.url in command.said
    assert tokens(tmp_path).get_auth_token() is None


async def test_a_pasted_token_is_stored_for_its_terminal(user: User, tmp_path: Path) -> None:
    token = await made(user)
    file = config(tmp_path, user.server.url, "gold", "forex")
    words = ("--token-stdin", "--config", file, "--terminal", "forex")
    command = await Command.start(tmp_path, *words, stdin=f"  {token}\n".encode())
    assert await command.ended() == 0, command.said
    assert tokens(tmp_path).get_auth_token("forex") == token
    assert tokens(tmp_path).get_auth_token("gold") is None


async def test_a_token_that_the_server_does_not_take_is_told(user: User, tmp_path: Path) -> None:
    words = ("--token-stdin", "--server", user.server.url)
    command = await Command.start(tmp_path, *words, stdin=b"sgt_" + b"x" * 43 + b"\n")
    assert await command.ended() == 2
    assert "does not take this token" in command.said


async def test_what_cannot_be_done_is_said_before_anything_is(user: User, tmp_path: Path) -> None:
    file = config(tmp_path, user.server.url, "gold")
    for words, said in (
        ((), "--server URL"),
        (("--server", "http://signals.example"), "plain http"),
        (("--server", "https://other.example", "--config", file), "https://other.example"),
        (("--config", file, "--terminal", "silver"), "it has gold"),
    ):
        command = await Command.start(tmp_path, *words)
        assert await command.ended() == 2, words
        assert said in command.said
    assert (await user.get("/api/terminals"))["items"] == []
