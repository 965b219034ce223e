"""Answer cases with fxparser: started by ``compare.py`` with an interpreter that has it installed."""

from __future__ import annotations

import json
import re
import sys
import time
from contextlib import redirect_stdout
from typing import Any

from fxparser import ParserHelper  # type: ignore[import-not-found]  # installed where this runs alone

_NAMES = {"GOLD": "XAUUSD", "SILVER": "XAGUSD", "OIL": "USOIL"}


def answer(parser: Any, text: str) -> list[dict[str, Any]]:
    """What fxparser says, in the form of the corpus: an opening where it finds symbol and side, else nothing."""
    found = parser.parse_text(text)
    if not found.symbol or found.type not in (1, 2):
        return []
    symbol = re.sub(r"\W", "", found.symbol.upper())
    order = (
        "limit"
        if re.search(r"\blimit\b", text, re.I)
        else "stop"
        if re.search(r"(buy|sell) stop", text, re.I)
        else "market"
    )
    targets = [float(p) for p in found.tpList if re.fullmatch(r"\d+(\.\d+)?", p)]
    return [
        {
            "type": "open",
            "symbol": _NAMES.get(symbol, symbol),
            "side": "buy" if found.type == 1 else "sell",
            "order": order,
            "entry": [found.price] if found.price else [],
            "stop_loss": found.sl or None,
            "take_profits": sorted(set(targets), reverse=found.type == 2),
        }
    ]


def main() -> None:
    """Read texts as JSON lines, write actions as JSON lines, and the seconds of CPU as the last line."""
    parser = ParserHelper()
    texts = [json.loads(line) for line in sys.stdin]
    for text in texts[:20]:
        answer(parser, text)
    answers = []
    begun = time.process_time()
    for text in texts:
        try:
            with redirect_stdout(sys.stderr):  # it prints remarks
                answers.append(answer(parser, text))
        except Exception as why:  # noqa: BLE001 -- it fails on some texts; counted as no answer
            answers.append([])
            print(f"fxparser: {type(why).__name__}", file=sys.stderr)
    spent = time.process_time() - begun
    for actions in answers:
        print(json.dumps(actions))
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
