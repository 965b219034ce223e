"""Which addresses the desktop app may talk to: plain text only within this machine."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from signalos.domain.errors import NotAllowed

_PLAIN = re.compile(r"[A-Za-z0-9._:%-]+")


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` (a name or an address) can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def server_base(url: str) -> str:
    """Return ``url`` without a slash at its end.

    Raises NotAllowed: no http(s) address, credentials in it, or plain http to another machine.
    """
    parts = _split(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or not _PLAIN.fullmatch(host):
        raise NotAllowed(f"server address {_shown(parts, url)!r}: write it as https://HOST[:PORT]")
    if parts.username is not None or parts.password is not None:
        raise NotAllowed("the server address must not carry a name or password: store the terminal's token")
    if parts.query or parts.fragment:
        raise NotAllowed(f"server address {url!r}: leave out everything from ? or # on")
    if parts.scheme == "http" and not is_loopback(host):
        raise NotAllowed(
            f"server address {url!r}: over plain http the terminal's token could be read on the way. "
            "Use https, or run the server on this machine (127.0.0.1)."
        )
    return url.strip().rstrip("/")


def model_base(url: str) -> str:
    """Return the address of a language model's endpoint without a slash at its end.

    Raises NotAllowed: no http(s) address, credentials or a query in it, or plain http to another machine.
    """
    parts = _split(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or not _PLAIN.fullmatch(host):
        raise NotAllowed("write it as https://HOST[:PORT]/PATH, for example http://127.0.0.1:11434/v1")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise NotAllowed("the address carries no name, password or key: see docs/guides/language-model.md")
    if parts.scheme == "http" and not is_loopback(host):
        raise NotAllowed(
            "over plain http, messages and key could be read on the way. Use https, or run the model on this "
            "machine (127.0.0.1)."
        )
    return url.strip().rstrip("/")


def socket_url(url: str) -> str:
    """The WebSocket address of the server at ``url``. Raises NotAllowed as ``server_base``."""
    return "ws" + server_base(url).removeprefix("http") + "/ws"


UNPROTECTED = "its wire is neither encrypted nor signed"
UNGUARDED = "an mt5linux server asks for no password, and whoever reaches it runs programs there"


def loopback_address(text: str, because: str = UNPROTECTED) -> tuple[str, int]:
    """Split "host:port" of a terminal on this machine.

    Raises ValueError saying what is wrong; ``because`` is why the terminal must be on this machine.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError('write it as "host:port", for example "127.0.0.1:18812"')
    if not is_loopback(host):
        raise ValueError(
            f"a terminal is only spoken to on this machine (127.0.0.1, ::1 or localhost), since {because}. "
            "Run the desktop app where the terminal runs."
        )
    return host, int(port)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises where the port is no number
    except ValueError as why:
        raise NotAllowed(f"the server address cannot be read: {why}") from why
    return parts


def _shown(parts: SplitResult, url: str) -> str:
    return url if "@" not in parts.netloc else f"{parts.scheme}://…"
