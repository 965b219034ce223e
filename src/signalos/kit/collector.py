"""How often Python looks for garbage, in processes that answer within milliseconds."""

from __future__ import annotations

import gc

OBJECTS_BETWEEN_LOOKS = 20_000
"""Python's own 700 mean a dozen looks for each message; a few megabytes of garbage may wait instead."""


def settle() -> None:
    """Call once a process is built. What is there by now stays, and is not looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, *gc.get_threshold()[1:])
