"""Deciding: (action, context, strategy) -> orders or a reasoned refusal. Pure functions, no I/O."""

from __future__ import annotations

from signalos.engine.deciding import decide, requirements
from signalos.engine.filters import FILTERS, Filter
from signalos.engine.rules.managing import manage
from signalos.engine.updates.break_even import break_even_step

__all__ = ["FILTERS", "Filter", "break_even_step", "decide", "manage", "requirements"]
