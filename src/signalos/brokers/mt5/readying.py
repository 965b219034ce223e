"""Gets an opening ready while its decision is still being journalled: what stands before its send is looked at then."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TypeAlias

from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5.ahead import Moment
from signalos.brokers.mt5.facts import NEW_SECONDS
from signalos.brokers.mt5.opening import Opening
from signalos.brokers.mt5.plan import Plan, Prepared, Tools
from signalos.brokers.mt5.request import TradeRequest
from signalos.domain.order import OpenLeg, OrderRequest

_log = logging.getLogger(__name__)

_What: TypeAlias = tuple[OrderRequest, str, int]
"""A request, its tag and its magic number."""


@dataclass(frozen=True, slots=True)
class Readied:
    """A plan with its first preparation, what it is for, and when the reading it was made from was asked for."""

    what: _What
    at: Moment
    plan: Plan
    made: Prepared


class Readying:
    """Keeps the newest preparation: good for one send of the same, right after it."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._kept: Readied | None = None

    def begin(self, request: OrderRequest, tag: str, magic: int) -> None:
        """Prepare ``request`` and let the worker check it, where the decision's reading serves. Nothing goes out.

        Never raises: what cannot be prepared shows when it is to be sent, after it was journalled.
        """
        self._kept = None
        if not isinstance(request, OpenLeg):
            return
        read_at = self._tools.newest.read_at
        plan = Opening(self._tools, request, tag, magic)
        try:
            made = plan.prepare_at_once()
        except Exception:  # noqa: BLE001 -- it would undo the decision that is being journalled
            _log.exception("%s could not be got ready: it is prepared when it is sent", tag)
            return
        if made is None or read_at is None:
            return
        self._kept = Readied((request, tag, magic), read_at, plan, made)
        if isinstance(made, TradeRequest):
            self._tools.link.check_ahead(
                made.as_dict(), check=must_be_checked(plan, made), worst=made.worst
            )

    def take(self, request: OrderRequest, tag: str, magic: int) -> Readied | None:
        """What was prepared of just this, if it still holds; it is handed out once."""
        kept, self._kept = self._kept, None
        if kept is None or kept.what != (request, tag, magic):
            return None
        (sends, at), (now_sends, now) = kept.at, self._tools.link.moment()
        return kept if sends == now_sends and 0 <= now - at <= NEW_SECONDS else None


def must_be_checked(plan: Plan, made: TradeRequest) -> bool:
    """True where the terminal's own order_check comes before the send."""
    return made.action in (mt5.ACTION_DEAL, mt5.ACTION_PENDING) and plan.adds_exposure
