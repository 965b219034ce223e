"""The corpus's files: cases and talk as texts that a person can read and write.

``<language>/cases.txt`` is a row of blocks::

    §case family
    §default XAUUSD               (only where the channel has a default symbol)
    §said 1                       (earlier messages; "§said 2 re 1" is a reply)
    BUY GOLD 2310
    §text 3 re 1                  (the message; "§text" alone, "re N" or "edit N"; "as member" for a member's)
    close half now
    §then close XAUUSD 0.5 for 1  (one line an action; none: nothing to do)

Actions: ``open SYMBOL SIDE ORDER [at P | at P-P] [sl P | sl Npips] [tp P,P | tp N,Npips] [open-target]``;
``close SYMBOL FRACTION for N``, ``break_even SYMBOL for N``, ``modify_sl SYMBOL P for N``, ``modify_tp SYMBOL P,P for N``
or ``modify_tp SYMBOL #2 P for N``, ``cancel SYMBOL for N``, ``close_all``, ``reject REASON``; "-" is null.

``<language>/further.txt`` has the same form: more orders and updates. ``cases.txt`` alone keeps the share of messages
that ask for nothing at 60 % or more. ``<language>/talk.txt``: "§kind", then the skeleton, with slots such as {symbol} and {price}.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SLOTS = {"symbol", "price", "pips", "n", "time", "percent", "day", "money"}
_MARK = re.compile(r"^§(\w+) ?(.*)$")


def languages() -> list[str]:
    """The folders of the corpus."""
    return sorted({path.parent.name for path in FOLDER.glob("*/cases.txt")})


def cases(language: str, *, further: bool = False) -> list[dict[str, Any]]:
    """A language's cases, in the form that ``score.py`` takes, each with its ``family``. Raises ValueError.

    ``further`` adds those of ``further.txt``: orders and updates beyond the share that they have in ``cases.txt``.
    """
    paths = [FOLDER / language / name for name in ("cases.txt", "further.txt")[: 1 + further]]
    found: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for mark, rest, text in (block for path in paths if path.exists() for block in _blocks(path)):
        where = f"{language}, case {len(found)}"
        if mark == "case":
            case: dict[str, Any] = {
                "id": f"{language}-{len(found) + 1:03}",
                "family": rest,
                "tags": [language],
                "context": [],
                "message": None,
                "expect": [],
            }
            found.append(case)
            texts = case["context"]
        elif mark == "default":
            found[-1]["channel"] = {"default_symbol": rest}
        elif mark == "said":
            texts.append(_message(rest, text, len(texts) + 1) | {})
        elif mark == "text":
            found[-1]["message"] = _message(rest, text, len(texts) + 1)
        elif mark == "then":
            found[-1]["expect"].append(_action(rest, where))
        else:
            raise ValueError(f"{where}: unknown mark §{mark}")
    for case in found:
        if case["message"] is None:
            raise ValueError(f"{case['id']} has no message")
        for earlier in case["context"]:
            del earlier["edit_of"]
    return found


def talk(language: str) -> list[tuple[str, str]]:
    """A language's talk: (kind, skeleton)."""
    path = FOLDER / language / "talk.txt"
    return [(mark, text) for mark, _, text in _blocks(path)] if path.exists() else []


def filled(skeleton: str, chance: random.Random) -> str:
    """A line of talk: the skeleton with plausible values in its slots."""
    symbol = chance.choice(sorted(_PRICES))
    low, high, digits = _PRICES[symbol]
    middle = chance.uniform(low, high)

    def value(match: re.Match[str]) -> str:
        match match[1]:
            case "symbol":
                return symbol
            case "price":
                return f"{middle * chance.uniform(0.995, 1.005):.{digits}f}"
            case "pips":
                return str(chance.choice([12, 20, 35, 40, 55, 80, 110, 150, 230]))
            case "n":
                return str(chance.randint(1, 9))
            case "time":
                return f"{chance.randint(0, 23):02}:{chance.choice(['00', '15', '30', '45'])}"
            case "percent":
                return str(chance.choice([1, 2, 5, 10, 25, 70, 85, 92]))
            case "day":
                return str(chance.randint(1, 28))
            case "money":
                return str(chance.choice([49, 99, 150, 500, 1200, 5000, 25000]))
            case other:
                raise ValueError(f"unknown slot {other}")

    return re.sub(r"\{(\w+)\}", value, skeleton)


_PRICES = {
    "EURUSD": (1.02, 1.18, 4),
    "GBPUSD": (1.2, 1.36, 4),
    "USDJPY": (138, 160, 2),
    "XAUUSD": (1900, 3400, 1),
    "US30": (36000, 45000, 0),
    "BTCUSD": (40000, 110000, 0),
    "AUDCAD": (0.88, 0.93, 4),
    "USOIL": (60, 90, 2),
}


def _blocks(path: Path) -> Iterator[tuple[str, str, str]]:
    """(mark, rest of its line, the text below it)."""
    mark, rest, lines = "", "", list[str]()
    for line in path.read_text("utf-8").splitlines():
        found = _MARK.match(line)
        if found is None:
            lines.append(line)
            continue
        if mark:
            yield mark, rest, "\n".join(lines).strip("\n")
        mark, rest, lines = found[1], found[2].strip(), []
    if mark:
        yield mark, rest, "\n".join(lines).strip("\n")


def _message(rest: str, text: str, number: int) -> dict[str, Any]:
    words = rest.split()
    if words and words[0].isdecimal():
        number = int(words.pop(0))
    message: dict[str, Any] = {"id": number, "text": text, "reply_to": None, "edit_of": None}
    for key, value in zip(words[::2], words[1::2], strict=True):
        match key:
            case "re":
                message["reply_to"] = int(value)
            case "edit":
                message["edit_of"] = int(value)
            case "as":
                message["sender"] = {"role": value}
            case _:
                raise ValueError(f"unknown word {key!r} in {rest!r}")
    return message


def _action(line: str, where: str) -> dict[str, Any]:
    words = line.split()
    kind = words.pop(0)
    match kind:
        case "open":
            return _open(words, where)
        case "close_all":
            return {"type": kind}
        case "reject":
            return {"type": kind, "reason": words[0]}
    target = words[words.index("for") + 1] if "for" in words else "-"
    symbol = None if words[0] == "-" else words[0]
    action: dict[str, Any] = {
        "type": kind,
        "symbol": symbol,
        "target": None if target == "-" else int(target),
    }
    match kind:
        case "close":
            action["fraction"] = None if words[1] == "-" else float(words[1])
        case "modify_sl":
            action["price"] = float(words[1])
        case "modify_tp":
            if words[1].startswith("#"):
                action["index"] = int(words[1][1:])
            action["take_profits"] = [float(p) for p in words[2 if "index" in action else 1].split(",")]
        case "break_even" | "cancel":
            pass
        case _:
            raise ValueError(f"{where}: unknown action {kind!r}")
    return action


def _open(words: list[str], where: str) -> dict[str, Any]:
    symbol, side, order = words[:3]
    if side not in ("buy", "sell") or order not in ("market", "limit", "stop"):
        raise ValueError(f"{where}: {side} {order}")
    action: dict[str, Any] = {
        "type": "open",
        "symbol": symbol,
        "side": side,
        "order": order,
        "entry": [],
        "stop_loss": None,
        "take_profits": [],
    }
    rest = iter(words[3:])
    for word in rest:
        if word == "open-target":
            action["open_target"] = True
            continue
        value = next(rest)
        match word:
            case "at":
                action["entry"] = sorted(float(p) for p in value.split("-"))
            case "sl" if value.endswith("pips"):
                action["stop_loss_pips"] = float(value.removesuffix("pips"))
            case "sl":
                action["stop_loss"] = float(value)
            case "tp" if value.endswith("pips"):
                action["take_profit_pips"] = [float(p) for p in value.removesuffix("pips").split(",")]
            case "tp":
                action["take_profits"] = [float(p) for p in value.split(",")]
            case _:
                raise ValueError(f"{where}: {word!r} in an open")
    return action
