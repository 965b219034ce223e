"""Any script of faults on any kind of account: what the bridge intends once is never done twice."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from signalos.brokers.simulated.faults import Effect, Fault
from signalos.domain.order import OutcomeKind
from signalos.domain.signal import Side
from tests.support.one_process import World

SENDING: list[dict[str, Any]] = [
    {"effect": Effect.DROP_ANSWER},
    {"effect": Effect.DROP_ANSWER, "execute": False},
    {"effect": Effect.NEVER_ANSWER},
    {"effect": Effect.DIE_AFTER},
    {"effect": Effect.NO_RESULT, "code": -10002},
    {"effect": Effect.NO_RESULT, "code": -10001, "execute": False},
    {"effect": Effect.NO_RESULT, "code": -10004, "execute": False},
    *({"effect": Effect.RETCODE, "retcode": code} for code in (10004, 10006, 10012, 10021, 10024, 10031)),
    {"effect": Effect.COMMENT, "keep": 21, "text": "/b"},
    {"effect": Effect.TICKET},
    {"effect": Effect.GAP, "points": 40},
    {"effect": Effect.DISCONNECT, "seconds": 2},
    {"effect": Effect.AUTOTRADING_OFF, "seconds": 2},
]
READING: list[dict[str, Any]] = [
    *(
        {"fn": fn, "effect": Effect.NO_RESULT, "code": -10002}
        for fn in ("positions_get", "orders_get", "history_deals_get", "history_orders_get")
    ),
    {"fn": "history_deals_get", "effect": Effect.HISTORY_LAG, "seconds": 2},
    {"fn": "symbol_info_tick", "effect": Effect.STALE_TICK, "seconds": 3},
    {"fn": "positions_get", "effect": Effect.GAP, "points": -80, "moves": "EURUSD"},
    {"fn": "positions_get", "effect": Effect.DROP_ANSWER},
]


def rules(kinds: list[dict[str, Any]]) -> st.SearchStrategy[Fault]:
    return st.builds(
        lambda kind, nth: Fault(**({"fn": "order_send", "nth": nth} | kind)),
        st.sampled_from(kinds),
        st.integers(1, 4),
    )


scripts = st.tuples(
    st.lists(rules(SENDING), min_size=1, max_size=3), st.lists(rules(READING), max_size=2)
).map(lambda both: [*both[0], *both[1]])
accounts = st.sampled_from(
    [
        {},
        {"server_zone": "America/New_York+7"},
        {"margin_mode": "netting"},
        {"symbols": {"*": {"execution": "1"}}},
        {"symbols": {"*": {"liquidity": "0.06"}}},
        {"symbols": {"*": {"execution": "3", "fills_later": True}}},
        {
            "margin_mode": "exchange",
            "symbols": {"*": {"execution": "3", "filling_mode": 0, "liquidity": "0.06"}},
        },
    ]
)


async def run(folder: Path, account: dict[str, Any], script: list[Fault]) -> None:
    world = World(folder, account, script)
    try:
        for number in (1, 2):
            before = world.entering()
            outcome = await world.intend(number, Side.BUY)
            new = {order: v for order, v in world.entering().items() if order not in before}
            assert len(new) <= 1, (outcome, new)
            assert all(volume <= 10_000_000 for volume in new.values()), (outcome, new)
            if outcome.kind is OutcomeKind.REFUSED:
                assert new == {}, outcome
            if outcome.kind is OutcomeKind.DONE:
                assert len(new) == 1, outcome
    finally:
        await world.close()


@settings(max_examples=60, deadline=None)
@given(accounts, scripts)
def test_an_intent_has_one_entering_order_at_most(account: dict[str, Any], script: list[Fault]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), account, script))
