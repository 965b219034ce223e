"""Reading a chat in one call, and actions in a short written form that tests can compare."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from signalos.parser import Languages, load_languages
from signalos.parser.cases import answer_case

Read = Callable[..., str]


@pytest.fixture(scope="session")
def languages() -> Languages:
    """The vocabulary as shipped."""
    return load_languages()


@pytest.fixture(scope="session")
def read(languages: Languages) -> Read:
    """Read ``text`` after ``earlier`` texts (numbered from 1) and write the actions down in one line."""

    def reader(
        text: str,
        *earlier: str,
        reply: int | None = None,
        edit: int | None = None,
        default: str | None = None,
    ) -> str:
        case = {
            "id": "x",
            "channel": {"default_symbol": default} if default else {},
            "context": [{"id": i, "text": t} for i, t in enumerate(earlier, start=1)],
            "message": {"id": len(earlier) + 1, "text": text, "reply_to": reply, "edit_of": edit},
        }
        return "; ".join(written(action) for action in answer_case(case, languages)["actions"])

    return reader


def written(action: dict[str, object]) -> str:
    """``buy XAUUSD market 2650 sl 2640 tp 2660 2670`` and the like."""
    kind = action["type"]
    if kind == "open":
        return _open(action)
    if kind == "reject":
        return f"reject {action['reason']}"
    if kind == "close_all":
        return "close_all"
    words = [str(kind)]
    if action["target"] is not None:
        words.append(f"#{action['target']}")
    elif action["symbol"] is not None:
        words.append(str(action["symbol"]))
    if kind == "close":
        fraction = action["fraction"]
        words.append("part" if fraction is None else f"{float(str(fraction)):.2g}")
    if kind == "modify_sl":
        words.append(_number(action["price"]))
    if kind == "modify_tp":
        if "index" in action:
            words.append(f"no.{action['index']}")
        words.extend(_numbers(action["take_profits"]))
    return " ".join(words)


def _open(action: dict[str, object]) -> str:
    words = [str(action["side"]), str(action["symbol"]), str(action["order"]), *_numbers(action["entry"])]
    if action["stop_loss"] is not None:
        words += ["sl", _number(action["stop_loss"])]
    if "stop_loss_pips" in action:
        words += ["slpips", _number(action["stop_loss_pips"])]
    if action["take_profits"]:
        words += ["tp", *_numbers(action["take_profits"])]
    if "take_profit_pips" in action:
        words += ["tppips", *_numbers(action["take_profit_pips"])]
    if action.get("open_target"):
        words.append("open")
    return " ".join(words)


def _number(value: object) -> str:
    return f"{float(str(value)):.10g}"


def _numbers(values: object) -> list[str]:
    assert isinstance(values, list)
    return [_number(value) for value in values]
