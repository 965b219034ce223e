"""``signalos desktop pair``: get the terminals of this machine a token."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from pathlib import Path
from typing import Any

from signalos.domain.errors import ConfigError, ServerDown, ServerRefused

LONGEST_TOKEN = 4096


def add(pair: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    pair.add_argument("--server", metavar="URL", help="the server, where no configuration names it")
    pair.add_argument(
        "--config", type=Path, metavar="FILE", help="config.json: each terminal in it is paired"
    )
    pair.add_argument("--terminal", metavar="ID", help="this terminal alone")
    pair.add_argument("--name", help="what the terminal is called in the dashboard")
    how = pair.add_mutually_exclusive_group()
    how.add_argument(
        "--picture", type=Path, metavar="FILE", help="read the token from a picture of its QR code"
    )
    how.add_argument("--token-stdin", action="store_true", help="read the token from standard input")
    pair.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Store a token for every terminal that has none. Raises ConfigError, NotAllowed, ServerError."""
    from signalos.desktop.qr import read_picture
    from signalos.desktop.server_url import server_base

    configured, terminals = _configured(options)
    given = None if options.server is None else server_base(options.server)
    _agree(given, configured, "--server")
    server = configured or given
    token = None
    if options.picture is not None:
        pasted = read_picture(options.picture)
        _agree(pasted.server, server, "the QR code")
        server, token = pasted.server, pasted.token
    if server is None:
        raise ConfigError(
            "which server? Name it with --server URL, or with --config FILE where that has a server_url"
        )
    if options.token_stdin:
        token = sys.stdin.readline(LONGEST_TOKEN)
    if token is None:
        asyncio.run(_pair(server, terminals, options.name))
    else:
        asyncio.run(_take(server, terminals, token))
    if configured is None:
        _say(f'config.json needs "server_url": "{server}"')
    return 0


def _configured(options: argparse.Namespace) -> tuple[str | None, list[str]]:
    """The server and the terminals of the configuration, where there is one."""
    from signalos.desktop.config import load_config
    from signalos.desktop.pairing import config_of

    path = options.config or config_of(options.home)
    if path is None:
        return None, [] if options.terminal is None else [options.terminal]
    config = load_config(path, dict(os.environ))
    terminals = [terminal.id for terminal in config.terminals]
    if options.terminal is None:
        return config.server_url, terminals
    if options.terminal not in terminals:
        raise ConfigError(f"{path} has no terminal {options.terminal!r}; it has {', '.join(terminals)}")
    return config.server_url, [options.terminal]


def _agree(named: str | None, configured: str | None, where: str) -> None:
    if named is not None and configured is not None and named != configured:
        raise ConfigError(
            f"{where} names the server {named}, but the configuration {configured}: a token counts at its own"
            " server alone. Write the right address as server_url, or make the token at the other server."
        )


async def _pair(server: str, terminals: list[str], name: str | None) -> None:
    import httpx

    from signalos import __version__
    from signalos.desktop.api_client import APIClient
    from signalos.desktop.auth import AuthTokenManager
    from signalos.desktop.pairing import name_of_host, pair, printable, wanting
    from signalos.kit.clock import SystemClock
    from signalos.kit.paths import state_home
    from signalos.protocol.pairing import PairingStarted, PairTerminal

    tokens = AuthTokenManager(state_home())
    clock = SystemClock()
    host = platform.node() or "this machine"

    def show(started: PairingStarted) -> None:
        _say(f"  code     {printable(started.user_code)}")
        _say(f"  open     {printable(started.verification_url)}")
        _say(f"  Sign in there and type the code within {started.expires_in // 60} minutes; this waits.")

    async with httpx.AsyncClient(trust_env=False) as http:
        api = APIClient(server, tokens, http, clock)
        system = platform.system()
        wanted = (
            await wanting(api, terminals, platform=system, version=__version__)
            if terminals
            else [name_of_host(host)]
        )
        if not wanted:
            _say(f"nothing to do: {server} knows and takes the token of {', '.join(terminals)}")
            return
        for terminal_id in wanted:
            _say(f"pairing the terminal {terminal_id} with {server}")
            called = name or (host if len(wanted) == 1 else f"{terminal_id} on {host}")
            asker = PairTerminal(
                terminal_id=terminal_id, name=called[:200], platform=system, version=__version__
            )
            token = await pair(api, clock, asker, show)
            tokens.store_auth_token(token.access_token, terminal_id)
            _say(f"paired: the token of {terminal_id} is stored in {state_home()}")
    if not terminals:
        _say(f'Give the terminal in config.json this id: "terminals": [{{"id": "{wanted[0]}", ...}}]')


async def _take(server: str, terminals: list[str], token: str) -> None:
    """Store a token that the user was given, and ask the server whether it takes it."""
    import httpx

    from signalos.desktop.api_client import APIClient
    from signalos.desktop.auth import AuthTokenManager
    from signalos.desktop.pairing import place_for
    from signalos.kit.clock import SystemClock
    from signalos.kit.paths import state_home

    tokens = AuthTokenManager(state_home())
    terminal_id = place_for(tokens, terminals)
    tokens.store_auth_token(token, terminal_id)
    _say(f"the token of {terminal_id or 'this machine'} is stored in {state_home()}")
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            await APIClient(server, tokens, http, SystemClock()).validate_terminal_auth(terminal_id)
        except ServerRefused as why:
            raise ConfigError(
                f"{server} does not take this token ({why.detail}): make a new one in the dashboard, under Terminals"
            ) from why
        except ServerDown as why:
            _say(f"it could not be tried yet: {why}")
        else:
            _say(f"{server} takes it")


def _say(*words: Any) -> None:
    print(*words, flush=True)
