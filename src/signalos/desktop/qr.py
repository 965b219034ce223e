"""Reads the picture of a QR code that the dashboard shows: a server's address and a terminal's token."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from signalos.desktop.server_url import server_base
from signalos.domain.errors import ConfigError

LARGEST_FILE = 10_000_000
"""Bytes."""
MOST_PIXELS = 40_000_000
"""Four times a large screen; unpacked it takes 40 MB."""
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
HINT = "Save a screenshot of the QR code that the dashboard shows when a terminal is added (PNG or JPEG)."


class PastedToken(Struct, frozen=True, kw_only=True):
    """What the picture holds. ``signalos`` is the version of this shape, ``server`` an origin."""

    signalos: Literal[1]
    server: str
    token: str

    def __repr__(self) -> str:
        return f"PastedToken(server={self.server!r})"


def read_picture(path: Path) -> PastedToken:
    """Read the one QR code of SignalOS in the picture ``path``.

    Raises ConfigError: no picture, too large a one, no such code in it or several; NotAllowed: an
    address in it that must not be spoken to.
    """
    found = {text: token for text in _texts(path) if (token := _ours(text)) is not None}
    if not found:
        raise ConfigError(f"{path} shows no QR code of SignalOS. {HINT}")
    if len(found) > 1:
        raise ConfigError(f"{path} shows {len(found)} QR codes of SignalOS: cut out the one that is meant")
    token = next(iter(found.values()))
    return msgspec.structs.replace(token, server=server_base(token.server))


def _ours(text: str) -> PastedToken | None:
    try:
        return msgspec.json.decode(text, type=PastedToken)
    except msgspec.DecodeError:
        return None


def _texts(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as why:
        raise ConfigError(f"{path} cannot be read: {why.strerror}") from why
    if len(data) > LARGEST_FILE:
        raise ConfigError(f"{path} is larger than {LARGEST_FILE} bytes. {HINT}")
    # Only who pairs by a picture needs these two.
    import zxingcpp
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(BytesIO(data), formats=FORMATS)
        # Known from the header alone: nothing has been unpacked yet.
        if picture.width * picture.height > MOST_PIXELS:
            raise ConfigError(
                f"{path} has {picture.width} x {picture.height} pixels, more than {MOST_PIXELS}. {HINT}"
            )
        grey = picture.convert("L")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as why:
        raise ConfigError(f"{path} is no picture that can be read ({why}). {HINT}") from why
    codes = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    return [code.text for code in codes]
