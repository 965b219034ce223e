"""A made-up channel with a vocabulary of its own, as a Telegram Desktop export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOOTER = "wizards of the golden tower wish you luck"
ADVERT = "spells for members of the inner circle"


def texts() -> list[str]:
    """Forty signals with odd labels, some without a symbol, some on "the yellow metal", and talk between."""
    found: list[str] = []
    for n in range(40):
        price, sign = 2300 + 3 * n, 1 if n % 2 else -1
        side = "BUY" if sign > 0 else "SELL"
        name = ("GOLD ", "Shiny Rock ", "")[n % 3]
        stop, near, far = (price + sign * step for step in (-8, 6, 15))
        found.append(
            f"{name}{side} {price},5\nBail: {stop},5\nBull's eye 1: {near},5\nBull's eye 2: {far},5\n{FOOTER}"
        )
        if n % 4 == 0:
            found.append("good morning friends, have a great day")
        if n % 4 == 2:
            found.append(f"only 5 seats left\n{ADVERT}")
    found += ["CHARGE gold 2300,5\nSL 2290,5\nTP 2312,5"] * 3
    found += ["RETREAT gold 2300,5\nSL 2310,5\nTP 2290,5"] * 3
    found.append("Bull's eye 1 hit! +60 pips, who is happy?")
    return found


def write(path: Path, messages: list[str]) -> Path:
    """Write ``messages`` as the export of one channel."""
    rows: list[dict[str, Any]] = [
        {
            "id": number,
            "type": "message",
            "date": "2024-03-05T10:00:00",
            "date_unixtime": str(1_709_632_800 + 600 * number),
            "from": "Odd",
            "from_id": "channel7",
            "text": text,
        }
        for number, text in enumerate(messages, start=1)
    ]
    document = {"name": "Odd", "type": "public_channel", "id": 7, "messages": rows}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path
