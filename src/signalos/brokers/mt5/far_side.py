"""What runs in the Python beside a terminal under Wine: calls come as JSON text and go back as JSON text.

:mod:`signalos.brokers.mt5.remote` sends this file there, after ``plain.py``, and runs both in one namespace.
So it needs nothing but that Python's own library (3.8 or newer) and imports nothing of ours.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from signalos.brokers.mt5.plain import plain

_NAME = "MetaTrader5"


def greet() -> str:
    """Import the terminal's module. Answers what is here, and this machine's monotonic clock."""
    found: dict[str, Any] = {"python": ".".join(map(str, sys.version_info[:3])), "clock": time.monotonic()}
    for key, name in (("rpyc", "rpyc"), ("module", _NAME)):
        try:
            version = getattr(importlib.import_module(name), "__version__", "")
        except Exception as why:  # noqa: BLE001 -- a broken module must be named, whatever it raises
            found["missing"] = f"{name} cannot be imported there: {type(why).__name__}: {why}"
        else:
            # rpyc's is a text, MetaTrader's as well; some builds have it as a tuple.
            found[key] = version if isinstance(version, str) else ".".join(map(str, version))
    return json.dumps(found)


def carry_out(text: str) -> str:
    """Carry out [[function, args, kwargs, until], ...] one after the other; an answer for each.

    An answer is {"ok", "last_error"}, {"raised"} or {"late"}: a call that is reached after ``until`` (this
    machine's monotonic seconds, null: whenever) is not made.
    """
    module = importlib.import_module(_NAME)
    # last_error is one pair for the process, and this server answers each client on a thread of its own.
    lock = vars(module).setdefault("_signalos_lock", threading.Lock())
    answers: list[dict[str, Any]] = []
    for function, args, kwargs, until in json.loads(text):
        with lock:
            late = 0.0 if until is None else time.monotonic() - until
            if late > 0:
                answers.append({"late": late})
                continue
            try:
                found = getattr(module, function)(*args, **kwargs)
                code, said = module.last_error()
                answers.append({"ok": plain(found), "last_error": [int(code), str(said)]})
            except Exception as why:  # noqa: BLE001 -- whatever a module raises must become an answer
                answers.append({"raised": f"{type(why).__name__}: {why}"})
    return json.dumps(answers)
