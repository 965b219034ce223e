"""Measure the parser on the corpus: ``python -m tests.corpus.measure [LANGUAGE...] [--show] [--talk] [--further] [--from DIR]``.

``--show`` prints every case that is not exact, ``--talk`` reads the lines of talk too, ``--further`` adds
``further.txt``; ``--from`` takes the files of
another folder (``DIR/<language>/cases.txt`` or ``DIR/<language>.txt``).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signalos.parser.cases import answer_case
from signalos.parser.languages import load_languages
from signalos.parser.vocabulary import Languages
from tests.corpus import form

TALK_SEED = 20
TALK_LINES_A_SKELETON = 4
_NEAR = 1e-9
_UPDATES = {"close", "close_all", "break_even", "modify_sl", "modify_tp", "cancel"}


@dataclass
class Score:
    """Counts over cases. A false trade opens what no expected open has, by symbol and side."""

    cases: int = 0
    exact: int = 0
    false_trades: int = 0
    opens: int = 0
    missed: int = 0
    wrong_price: int = 0
    updates: int = 0
    updates_exact: int = 0
    false_updates: int = 0
    failures: list[tuple[dict[str, Any], list[dict[str, Any]]]] = field(default_factory=list)

    def add(self, case: dict[str, Any], actions: list[dict[str, Any]]) -> None:
        """Count one case's answer."""
        wanted = case["expect"]
        self.cases += 1
        if same_actions(wanted, actions):
            self.exact += 1
        else:
            self.failures.append((case, actions))
        left = [a for a in actions if a["type"] == "open"]
        for action in (a for a in wanted if a["type"] == "open"):
            self.opens += 1
            found = next((a for a in left if _about(a) == _about(action)), None)
            if found is None:
                self.missed += 1
                continue
            left.remove(found)
            self.wrong_price += not _same_prices(action, found)
        self.false_trades += bool(left)
        changes = [a for a in wanted if a["type"] in _UPDATES]
        self.updates += len(changes)
        self.updates_exact += sum(any(same_action(a, b) for b in actions) for a in changes)
        self.false_updates += not wanted and any(a["type"] in _UPDATES for a in actions)

    def line(self) -> str:
        """The counts as one line."""
        return (
            f"exact {self.exact}/{self.cases} ({100 * self.exact / max(1, self.cases):.1f} %)  "
            f"false trades {self.false_trades}  missed {self.missed}/{self.opens}  "
            f"wrong price {self.wrong_price}  updates {self.updates_exact}/{self.updates}  "
            f"false updates {self.false_updates}"
        )


def same_actions(wanted: Sequence[dict[str, Any]], actions: Sequence[dict[str, Any]]) -> bool:
    """True if both lists hold the same actions, in any order."""
    left = list(actions)
    for action in wanted:
        found = next((a for a in left if same_action(action, a)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def same_action(wanted: dict[str, Any], action: dict[str, Any]) -> bool:
    """True if ``action`` is what was wanted; a symbol beside the right target may be left out or added."""
    kind = wanted["type"]
    if action["type"] != kind:
        return False
    if kind == "open":
        return (
            _about(wanted) == _about(action)
            and wanted["order"] == action["order"]
            and _same_prices(wanted, action)
            and bool(wanted.get("open_target")) == bool(action.get("open_target"))
        )
    if kind == "reject":
        return action["reason"] in wanted["reason"].split("|")
    if kind == "close_all":
        return True
    named, given = wanted["symbol"], action["symbol"]
    if wanted["target"] != action["target"] or (
        named != given and (wanted["target"] is None or (named and given))
    ):
        return False
    if kind == "close":
        return _same(wanted["fraction"], action["fraction"], 0.01)
    if kind == "modify_sl":
        return _same(wanted["price"], action["price"])
    if kind == "modify_tp":
        return wanted.get("index") == action.get("index") and _same_all(
            wanted["take_profits"], action["take_profits"]
        )
    return True


def _about(action: dict[str, Any]) -> tuple[str, str]:
    return action["symbol"], action["side"]


def _same_prices(wanted: dict[str, Any], action: dict[str, Any]) -> bool:
    return (
        _same_all(wanted["entry"], action["entry"])
        and _same(wanted["stop_loss"], action["stop_loss"])
        and _same_all(wanted["take_profits"], action["take_profits"])
        and _same(wanted.get("stop_loss_pips"), action.get("stop_loss_pips"))
        and _same_all(wanted.get("take_profit_pips") or [], action.get("take_profit_pips") or [])
    )


def _same(first: float | None, second: float | None, near: float = _NEAR) -> bool:
    if first is None or second is None:
        return first is second
    return abs(first - second) <= near


def _same_all(first: Sequence[float], second: Sequence[float]) -> bool:
    return len(first) == len(second) and all(map(_same, first, second))


def measured(cases: Sequence[dict[str, Any]], languages: Languages) -> Score:
    """The score of ``cases``."""
    score = Score()
    for case in cases:
        score.add(case, answer_case(case, languages)["actions"])
    return score


def talk_lines(language: str) -> list[str]:
    """A language's talk with its slots filled, the same at each call."""
    chance = random.Random(f"{TALK_SEED} {language}")
    filled = [
        form.filled(skeleton, chance)
        for _, skeleton in form.talk(language)
        for _ in range(TALK_LINES_A_SKELETON if "{" in skeleton else 1)
    ]
    return list(dict.fromkeys(filled))


def false_in_talk(language: str, languages: Languages) -> list[tuple[str, list[dict[str, Any]]]]:
    """Lines of talk that were read as an instruction, each alone and amid an open trade of gold."""
    earlier = {"id": 1, "text": "BUY GOLD NOW 2310\nSL 2300\nTP 2320\nTP 2330", "reply_to": None}
    found = []
    for line in talk_lines(language):
        for context in ([], [earlier]):
            case = {"id": "talk", "context": context, "message": {"id": 2, "text": line, "reply_to": None}}
            actions = answer_case(case, languages)["actions"]
            if actions:
                found.append((line, actions))
                break
    return found


def shown(case: dict[str, Any], actions: list[dict[str, Any]]) -> str:
    """A case that was read otherwise, for a person."""
    texts = [f"  [{m['id']}] {m['text']!r}" for m in case["context"]]
    message = case["message"]
    marks = "".join(f" {k} {message[k]}" for k in ("reply_to", "edit_of") if message.get(k) is not None)
    wanted = "".join(f"\n    want {json.dumps(a)}" for a in case["expect"]) or "\n    want nothing"
    got = "".join(f"\n    got  {json.dumps(a)}" for a in actions) or "\n    got  nothing"
    return (
        "\n".join([f"{case['id']}: {case.get('family', '')}", *texts, message["text"] + marks])
        + wanted
        + got
    )


def main() -> int:
    """Print a line for each language, and failures if asked; exit 1 with any failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--talk", action="store_true")
    parser.add_argument("--further", action="store_true")
    parser.add_argument("--from", dest="folder", type=Path)
    options = parser.parse_args()
    if options.folder is not None:
        form.FOLDER = options.folder
    languages = load_languages()
    total = Score()
    bad = False
    for language in options.languages or form.languages():
        score = measured(form.cases(language, further=options.further), languages)
        print(f"{language:5} {score.line()}")
        for name in vars(score):
            setattr(total, name, getattr(total, name) + getattr(score, name))
        if options.show:
            for case, actions in score.failures:
                print(shown(case, actions) + "\n")
        if options.talk:
            false = false_in_talk(language, languages)
            print(
                f"{language:5} talk: {len(talk_lines(language))} lines, {len(false)} read as an instruction"
            )
            bad |= bool(false)
            if options.show:
                for line, actions in false:
                    print(f"  {line!r}\n    got {json.dumps(actions)}")
    print(f"all   {total.line()}")
    return 1 if bad or total.failures else 0


if __name__ == "__main__":
    sys.exit(main())
