"""Signing in to a Telegram account: phone number, code, and the second factor where it has one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signalos.domain.errors import ConfigError

if TYPE_CHECKING:
    from telethon import TelegramClient

TRIES = 3


@dataclass(frozen=True, slots=True)
class Talk:
    """How the user is spoken to: ``ask`` and ``ask_hidden`` return what was typed, ``say`` tells."""

    ask: Callable[[str], str]
    ask_hidden: Callable[[str], str]
    say: Callable[[str], None]


async def sign_in(client: TelegramClient, talk: Talk) -> str:
    """Sign in and return what the account is called. ``client`` is connected. Raises ConfigError."""
    from telethon import errors, utils

    phone = talk.ask("Phone number of the account, with country code (+44...): ").strip()
    try:
        await client.send_code_request(phone)
        talk.say(
            "Telegram has sent a code: into the Telegram app where the account is signed in, or by SMS."
        )
        if not await _code(client, phone, talk):
            await _password(client, talk)
    except errors.FloodWaitError as why:
        raise ConfigError(f"Telegram lets this number try again in {why.seconds} s") from why
    except errors.ApiIdInvalidError as why:
        raise ConfigError(
            "Telegram does not know this API id and hash: copy both from my.telegram.org, API development tools"
        ) from why
    except errors.PhoneCodeExpiredError as why:
        raise ConfigError("the code has expired: run the command again and type the new one soon") from why
    except (errors.PhoneNumberInvalidError, errors.PhoneNumberUnoccupiedError) as why:
        raise ConfigError(
            f"Telegram has no account for {phone!r}: write + and the country code first"
        ) from why
    except errors.RPCError as why:
        raise ConfigError(f"Telegram does not let the account sign in: {why}") from why
    return str(utils.get_display_name(await client.get_me()))


async def _code(client: TelegramClient, phone: str, talk: Talk) -> bool:
    """Sign in by code; False where a password is wanted as well."""
    from telethon import errors

    for left in reversed(range(TRIES)):
        code = talk.ask("Code: ").strip().replace("-", "").replace(" ", "")
        try:
            await client.sign_in(phone, code)
        except errors.SessionPasswordNeededError:
            return False
        except (errors.PhoneCodeInvalidError, errors.PhoneCodeEmptyError):
            _again("code", left, talk)
        else:
            return True
    return True


async def _password(client: TelegramClient, talk: Talk) -> None:
    from telethon import errors

    for left in reversed(range(TRIES)):
        try:
            await client.sign_in(
                password=talk.ask_hidden("Password of the account's two-step verification: ")
            )
        except errors.PasswordHashInvalidError:
            _again("password", left, talk)
        else:
            return


def _again(what: str, left: int, talk: Talk) -> None:
    if not left:
        raise ConfigError(f"the {what} was wrong {TRIES} times; nothing is stored")
    talk.say(f"Telegram does not take this {what}; try again.")
