"""Getting a terminal's token without pasting: the user types a short code at the server (RFC 8628)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from signalos.desktop.api_client import APIClient
from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.journal import Journal
from signalos.desktop.journal.store import CONFIG, FILE_NAME
from signalos.domain.errors import ConfigError, NotAllowed, ServerDown, ServerRefused
from signalos.kit.clock import Clock, SystemClock
from signalos.kit.ids import SystemIds
from signalos.protocol.pairing import PairingStarted, PairingToken, PairTerminal

SLOWER_BY = 5.0
LONGEST_INTERVAL = 60.0
REFUSED = {
    "access_denied": "the user said no at the server, or the terminal was revoked meanwhile",
    "expired_token": "nobody approved the code in time",
    "invalid_grant": "the server does not know this pairing any more, or its token was fetched by another program",
}


async def pair(
    api: APIClient, clock: Clock, asker: PairTerminal, show: Callable[[PairingStarted], None]
) -> PairingToken:
    """Ask for a code, ``show`` it, and wait for the user's decision.

    Asks as often as the server allows, more slowly when told so and while it is away. Raises ConfigError
    where no token is to be had, ServerError where the pairing cannot even begin.
    """
    started = await api.start_pairing(asker)
    show(started)
    interval = float(min(max(started.interval, 1), LONGEST_INTERVAL))
    until = clock.monotonic() + max(started.expires_in, 0) + interval
    while clock.monotonic() < until:
        await clock.sleep(interval)
        try:
            return await api.pairing_token(started.device_code)
        except ServerDown as why:
            # The standard asks for fewer questions where no answer comes.
            interval = min(max(2 * interval, why.retry_after or 0), LONGEST_INTERVAL)
        except ServerRefused as why:
            if why.code == "slow_down":
                interval += SLOWER_BY
            elif why.code != "authorization_pending":
                raise _refused(why) from why
    raise ConfigError(
        f"{asker.terminal_id} was not paired: {REFUSED['expired_token']}. Start the pairing again."
    )


def _refused(why: ServerRefused) -> ConfigError:
    said = REFUSED.get(why.code, why.detail)
    return ConfigError(f"not paired: {said}. Start the pairing again for a new code.")


async def wanting(api: APIClient, terminal_ids: Sequence[str], *, platform: str, version: str) -> list[str]:
    """Which terminals have no token that the server takes. Raises ServerDown.

    Asked by registering, which the app does at each start anyway: the answer tells whether the token is
    this terminal's own and whether the user let it in.
    """
    left = []
    for terminal_id in terminal_ids:
        try:
            known = await api.register_terminal(
                terminal_id, name=terminal_id, platform=platform, version=version
            )
        except ServerRefused:
            left.append(terminal_id)
        else:
            if known.status != "approved":
                left.append(terminal_id)
    return left


def place_for(tokens: AuthTokenManager, terminal_ids: Sequence[str]) -> str | None:
    """Which terminal a pasted token is for: the only one, or the only one without. Raises ConfigError."""
    if len(terminal_ids) <= 1:
        return terminal_ids[0] if terminal_ids else None
    bare = [t for t in terminal_ids if _stored(tokens, t) is None]
    if len(bare) == 1:
        return bare[0]
    listed = ", ".join(bare or terminal_ids)
    raise ConfigError(f"this token could be for {listed}: name the terminal with --terminal")


def _stored(tokens: AuthTokenManager, terminal_id: str) -> str | None:
    try:
        return tokens.get_auth_token(terminal_id)
    except NotAllowed:
        # A damaged file is as good as none: it is about to be replaced.
        return None


def config_of(home: Path) -> Path | None:
    """The configuration that the app in ``home`` was last started with."""
    if not (home / FILE_NAME).exists():
        return None
    journal = Journal(home, clock=SystemClock(), market=SystemClock(), ids=SystemIds())
    path = journal.meta(CONFIG)
    journal.close()
    return None if path is None else Path(path)


def name_of_host(node: str) -> str:
    """A terminal id made from this machine's name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", node).strip("-")[:60].lower() or "desktop"


def printable(text: str, longest: int = 300) -> str:
    """What a server said, without characters that would do something to the screen."""
    return "".join(x for x in text[:longest] if x.isprintable())
