"""Any script of faults, drawn by a seed: no leg ever has two opening deals."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from signalos.brokers.simulated.codes import DealType, Entry
from signalos.brokers.simulated.faults import Effect
from signalos.domain.order import OutcomeKind
from tests.contract.conftest import World
from tests.fault.bridge.conftest import TerminalProcess

pytestmark = pytest.mark.fault

SENDING: tuple[tuple[Effect, dict[str, Any]], ...] = (
    (Effect.DROP_ANSWER, {}),
    (Effect.DROP_ANSWER, {"execute": False}),
    (Effect.NO_RESULT, {"code": -10002}),
    (Effect.NO_RESULT, {"code": -10001, "execute": False}),
    (Effect.RETCODE, {"retcode": 10004}),
    (Effect.RETCODE, {"retcode": 10006}),
    (Effect.RETCODE, {"retcode": 10012}),
    (Effect.COMMENT, {"keep": 21, "text": "/b"}),
)
READING = ("positions_get", "orders_get", "history_deals_get", "history_orders_get")


def add_script(terminal: TerminalProcess, dice: Random) -> None:
    """One fault on the sending, perhaps a second one, and perhaps one on the looking afterwards."""
    for nth in range(1, dice.randint(2, 3)):
        effect, more = dice.choice(SENDING)
        terminal.fault(effect, nth=nth, **more)
    if dice.random() < 0.5:
        terminal.fault(Effect.NO_RESULT, fn=dice.choice(READING), code=-10002)
    if dice.random() < 0.3:
        terminal.fault(Effect.HISTORY_LAG, fn="history_deals_get", seconds=0.2)


@pytest.mark.parametrize("seed", range(6))
async def test_no_leg_has_two_opening_deals(world: World, terminal: TerminalProcess, seed: int) -> None:
    add_script(terminal, Random(seed))
    leg = await world.leg()
    outcome = await world.do(leg)
    if outcome.kind is OutcomeKind.UNKNOWN:
        outcome = await world.settled(leg)
    deals = terminal.service.terminal.account.state.deals.values()
    opening = [d for d in deals if d.entry is Entry.IN and d.type is not DealType.BALANCE]
    assert len(opening) == (1 if outcome.kind is OutcomeKind.DONE else 0), outcome
    assert len(terminal.service.terminal.account.state.positions) == len(opening)
