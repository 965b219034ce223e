"""A server killed between approval and token: the desktop app gets its token all the same, and goes online."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.unpaired import Unpaired, code_of


async def test_an_approved_app_gets_its_token_after_kill_9_and_trades_under_its_user(
    tmp_path: Path,
) -> None:
    stage = Unpaired(tmp_path)
    try:
        await stage.start()
        account = {"email": "new@example.org", "password": "a long password"}
        session = (await stage.http.post("/api/auth/register", json=account)).json()
        stage.http.cookies.clear()
        stage.http.headers["Authorization"] = f"Bearer {session['token']}"
        async with stage.pairing() as command:
            code = await code_of(command)
            stage.kill_server()
            stage.start_server()
            await stage.ready()
            approved = await stage.http.post("/api/terminals/pair/approve", json={"userCode": code})
            assert approved.status_code == 200, approved.text
            stage.kill_server()
            stage.start_server()
            await stage.ready()
            async with asyncio.timeout(60):
                assert await command.wait() == 0
        await stage.online()
        (terminal,) = (await stage.overview())["terminals"]
        assert (terminal["id"], terminal["terminalId"]) == (approved.json()["id"], "sim")
    finally:
        await stage.stop()
