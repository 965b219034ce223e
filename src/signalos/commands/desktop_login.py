"""``signalos desktop login``: sign a source of type ``telegram`` in to its account, or out."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signalos.commands import desktop_model_key
from signalos.domain.errors import ConfigError

if TYPE_CHECKING:
    from telethon import TelegramClient

    from signalos.sources.telegram import TelegramSettings
    from signalos.sources.telegram.account import Account, Accounts


def add(login: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    login.add_argument("--config", type=Path, required=True, metavar="FILE", help="config.json")
    login.add_argument("--source", metavar="NAME", help="which source, where there are several")
    what = login.add_mutually_exclusive_group()
    what.add_argument(
        "--list-chats", action="store_true", help="sign in if needed, and show every chat's id"
    )
    what.add_argument(
        "--sign-out",
        action="store_true",
        help="end the session at Telegram (or forget the key) and remove it here",
    )
    login.add_argument(
        "--language-model",
        action="store_true",
        help="keep (or remove) the key of the language model instead",
    )
    login.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Sign in, keep the session, and check that the configured chats are there. Raises ConfigError."""
    if options.language_model:
        return desktop_model_key.run(options)
    from signalos.desktop.config import load_config
    from signalos.kit.single import AlreadyRunning, SingleInstance

    settings = _wanted(load_config(options.config, dict(os.environ)).sources, options)
    try:
        # Two programs with one session end it: Telegram withdraws a key that is used twice at once.
        single = SingleInstance(options.home, "the desktop app")
    except AlreadyRunning as why:
        raise ConfigError(f"{why} (signalos desktop quit --home {options.home})") from None
    with single:
        return asyncio.run(_login(settings, options))


def _wanted(sources: list[Any], options: argparse.Namespace) -> TelegramSettings:
    from signalos.sources.telegram import TelegramSettings

    found = [s for s in sources if isinstance(s, TelegramSettings) and options.source in (None, s.name)]
    if len(found) == 1:
        return found[0]
    if not found:
        called = "" if options.source is None else f" with the name {options.source!r}"
        raise ConfigError(
            f'{options.config} has no source of type "telegram"{called}: add it to `sources` first'
        )
    raise ConfigError(f"which source? Name it with --source: {', '.join(s.name for s in found)}")


async def _login(settings: TelegramSettings, options: argparse.Namespace) -> int:
    from signalos.sources.telegram.account import Accounts, client_of

    accounts = Accounts(options.home, os.environ)
    account = await asyncio.to_thread(accounts.read, settings.name)
    if options.sign_out and account is None:
        _say(f"source {settings.name!r} is not signed in")
        return 0
    account = account or _keys()
    client = client_of(account, settings, os.environ, reconnects=True)
    try:
        await client.connect()
        return await _with(client, account, accounts, settings, options)
    except OSError as why:
        raise ConfigError(
            f"Telegram cannot be reached ({why}): check the network, or TELEGRAM_PROXY"
        ) from why
    finally:
        await client.disconnect()


async def _with(
    client: TelegramClient,
    account: Account,
    accounts: Accounts,
    settings: TelegramSettings,
    options: argparse.Namespace,
) -> int:
    import msgspec

    from signalos.sources.telegram.sign_in import Talk, sign_in

    me = await client.get_me()
    if options.sign_out:
        if me is not None:
            await client.log_out()
        await asyncio.to_thread(accounts.forget, settings.name)
        _say(f"source {settings.name!r} is signed out, and its session is removed from this machine")
        return 0
    if me is None:
        called = await sign_in(client, Talk(_ask, getpass.getpass, _say))
        kept = msgspec.structs.replace(account, session=client.session.save())
        place = await asyncio.to_thread(accounts.write, settings.name, kept)
        _say(f"signed in as {called}; the session is in {place}")
    else:
        _say(f"source {settings.name!r} is signed in already")
    return await (_list(client) if options.list_chats else _check(client, settings))


async def _list(client: TelegramClient) -> int:
    from signalos.desktop.pairing import printable
    from signalos.sources.telegram.chats import all_chats

    for chat in await all_chats(client):
        names = " ".join(f"@{name}" for name in chat.usernames)
        _say(f"{chat.id:>16}  {chat.kind:<8}  {printable(chat.name)}  {names}".rstrip())
    return 0


async def _check(client: TelegramClient, settings: TelegramSettings) -> int:
    from signalos.desktop.pairing import printable
    from signalos.sources.telegram.chats import find_chats

    found = await find_chats(client, settings.chats)
    for chat in found.chats:
        _say(
            f"reads {printable(chat.name)} ({chat.id})"
            + ("" if chat.joined else ", which it has not joined")
        )
    for problem in found.problems:
        _say(f"not found: {problem}")
    return 1 if found.problems else 0


def _keys() -> Account:
    from signalos.sources.telegram.account import Account
    from signalos.sources.telegram.settings import API_HASH, API_ID

    number, secret = os.environ.get(API_ID, "").strip(), os.environ.get(API_HASH, "").strip()
    if not (number and secret):
        _say("Telegram gives each user an API id and hash: my.telegram.org, API development tools.")
        number = number or _ask("API id: ").strip()
        secret = secret or getpass.getpass("API hash: ").strip()
    if not (number.isdecimal() and secret):
        raise ConfigError(
            f"the API id is a number and the hash is not empty: see my.telegram.org, or {API_ID}"
        )
    return Account(api_id=int(number), api_hash=secret)


def _ask(question: str) -> str:
    sys.stdout.write(question)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        raise ConfigError("there is nobody to answer: run this in a terminal")
    return line.rstrip("\r\n")


def _say(text: str) -> None:
    print(text, flush=True)
