"""`signalos desktop login` as a user runs it: a process of its own, with what is typed on its input."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from signalos.kit.single import SingleInstance
from tests.support.telegram.double import CODE, PHONE, TelegramDouble
from tests.support.telegram.rig import PASSPHRASE
from tests.support.world import signalos

KEYS = {"TELEGRAM_API_ID": "1", "TELEGRAM_API_HASH": "hash-of-the-tests", "SIGNALOS_PASSPHRASE": PASSPHRASE}


@dataclass
class Desk:
    """A desktop app's folder with a configuration that reads the double."""

    folder: Path
    double: TelegramDouble

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def configure(self, *chats: str | int, **more: object) -> None:
        source = {
            "type": "telegram",
            "chats": list(chats),
            "server": f"127.0.0.1:{self.double.port}",
            "server_key": self.double.keys.pem,
        }
        config = {
            "sources": [source | more, {"type": "file", "name": "other", "path": "x.jsonl"}],
            "terminals": [{"id": "sim", "type": "simulated", "address": "127.0.0.1:1"}],
            "strategy": {},
        }
        (self.folder / "config.json").write_text(json.dumps(config))

    async def login(
        self, *options: str, typed: tuple[str, ...] = (), environ: dict[str, str] = KEYS
    ) -> tuple[int, str]:
        """Run the command; its exit code and all that it printed."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("TELEGRAM", "SIGNALOS"))}
        process = await asyncio.create_subprocess_exec(
            *signalos("desktop", "login", "--home", str(self.home)),
            *("--config", str(self.folder / "config.json"), *options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Without a terminal passwords are read from the input as well.
            start_new_session=True,
            env=clean | environ,
        )
        out, _ = await asyncio.wait_for(process.communicate("".join(f"{t}\n" for t in typed).encode()), 60)
        return process.returncode or 0, out.decode()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    double = TelegramDouble()
    double.chat(100, "Gold", username="goldroom")
    async with double.running():
        made = Desk(tmp_path, double)
        made.configure("Gold")
        yield made


async def test_code_and_password_sign_in_and_the_chats_are_checked(desk: Desk) -> None:
    desk.double.password = "correct horse"
    code, out = await desk.login(typed=(PHONE, "1-1-1-1-1", "1 2345", "wrong", "correct horse"))
    assert code == 0, out
    assert "does not take this code; try again" in out
    assert "does not take this password; try again" in out
    assert "signed in as Ada; the session is in the encrypted file" in out
    assert "reads Gold (-1000000000100)" in out
    for secret in ("correct horse", "hash-of-the-tests", PASSPHRASE):
        assert secret not in out
    kept = list(desk.home.rglob("*.sealed"))
    assert len(kept) == 1
    again, out = await desk.login()
    assert (again, "is signed in already" in out) == (0, True)


async def test_the_keys_are_asked_for_where_the_environment_has_none(desk: Desk) -> None:
    code, out = await desk.login(
        typed=("1", "hash-of-the-tests", PHONE, CODE), environ={"SIGNALOS_PASSPHRASE": PASSPHRASE}
    )
    assert code == 0, out
    assert "my.telegram.org" in out


async def test_its_chats_are_shown_with_their_ids(desk: Desk) -> None:
    desk.double.chat(101, "Room\x1b[31m", "supergroup")
    code, out = await desk.login("--list-chats", typed=(PHONE, CODE))
    assert code == 0, out
    assert "-1000000000100  channel   Gold  @goldroom" in out
    assert "-1000000000101  group     Room" in out
    assert "\x1b" not in out


async def test_a_chat_that_is_not_there_is_told_and_is_exit_1(desk: Desk) -> None:
    desk.configure("Gold", "@nowhere")
    code, out = await desk.login(typed=(PHONE, CODE))
    assert code == 1
    assert "reads Gold" in out
    assert "not found: the account has no chat '@nowhere'" in out


async def test_signing_out_ends_the_session_there_and_here(desk: Desk) -> None:
    await desk.login(typed=(PHONE, CODE))
    code, out = await desk.login("--sign-out")
    assert code == 0, out
    assert desk.double.authorized == set()
    assert list(desk.home.rglob("*.sealed")) == []
    code, out = await desk.login("--sign-out")
    assert (code, "is not signed in" in out) == (0, True)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("+111",), "Telegram has no account for '+111'"),
        ((PHONE, "1", "2", "3"), "the code was wrong 3 times; nothing is stored"),
        ((PHONE,), "there is nobody to answer"),
    ],
)
async def test_what_is_typed_wrong_is_told_and_stores_nothing(
    desk: Desk, typed: tuple[str, ...], words: str
) -> None:
    code, out = await desk.login(typed=typed)
    assert code not in (0, 1)
    assert words in out
    assert "Traceback" not in out
    assert list(desk.home.rglob("*.sealed")) == []


@pytest.mark.parametrize(
    ("method", "fault", "words"),
    [
        ("SendCode", (420, "FLOOD_WAIT_300"), "try again in 300 s"),
        ("SendCode", (400, "API_ID_INVALID"), "does not know this API id and hash"),
        ("SignIn", (400, "PHONE_CODE_EXPIRED"), "the code has expired"),
        ("SignIn", (400, "PHONE_NUMBER_BANNED"), "does not let the account sign in"),
    ],
)
async def test_what_telegram_refuses_is_told_in_words(
    desk: Desk, method: str, fault: tuple[int, str], words: str
) -> None:
    desk.double.fails(method, *fault)
    code, out = await desk.login(typed=(PHONE, CODE))
    assert code not in (0, 1)
    assert words in out
    assert "Traceback" not in out


async def test_with_nowhere_to_keep_the_session_it_says_so(desk: Desk) -> None:
    environ = {k: v for k, v in KEYS.items() if k != "SIGNALOS_PASSPHRASE"}
    environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    code, out = await desk.login(typed=(PHONE, CODE), environ=environ)
    assert code not in (0, 1)
    assert "set SIGNALOS_PASSPHRASE" in out


async def test_beside_the_running_app_it_does_not_sign_in(desk: Desk) -> None:
    with SingleInstance(desk.home, "the desktop app"):
        code, out = await desk.login(typed=(PHONE, CODE))
    assert code not in (0, 1)
    assert "signalos desktop quit --home" in out


async def test_the_source_must_be_there_and_clear(desk: Desk) -> None:
    code, out = await desk.login("--source", "other")
    assert code != 0
    assert "has no source of type \"telegram\" with the name 'other'" in out


async def test_without_a_network_it_says_so(desk: Desk) -> None:
    desk.configure("Gold", server="127.0.0.1:9")
    code, out = await desk.login()
    assert code not in (0, 1)
    assert "Telegram cannot be reached" in out
    assert "Traceback" not in out
