"""Whether a trade's stop may be removed is said by the strategy that governs that trade."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.server.running import Terminal, User, signal, trade

LOOSE = {"filters": {"missingStop": False}}
STRICT = {"filters": {"missingStop": True}}


async def put_in_force(user: User, config: dict[str, Any]) -> None:
    answer = await user.ask("PUT", "/api/strategies/1", {"name": "In force", "config": config})
    assert answer.status_code == 200, answer.text


async def give_own(user: User, config: dict[str, Any]) -> None:
    """Let the only channel be traded by a strategy of its own."""
    made = await user.ask("POST", "/api/strategies", {"name": "Own", "config": config})
    assert made.status_code == 201, made.text
    (provider,) = (await user.get("/api/providers"))["items"]
    answer = await user.ask("PUT", f"/api/providers/{provider['id']}", {"strategyId": made.json()["id"]})
    assert answer.status_code == 200, answer.text


async def removable(user: User, trade_id: int = 1) -> bool:
    """Ask for the removal of the trade's stop; False where that is refused for the strategy's sake."""
    answer = await user.ask("PUT", f"/api/trades/{trade_id}/modify", {"stopLoss": None})
    if answer.status_code == 202:
        return True
    assert (answer.status_code, answer.json()["code"]) == (422, "stop_required")
    return False


@pytest.mark.parametrize(("in_force", "own"), [(LOOSE, STRICT), (STRICT, LOOSE)])
async def test_the_channels_own_strategy_counts(
    ann: User, terminal: Terminal, in_force: dict[str, Any], own: dict[str, Any]
) -> None:
    await terminal.tell(signal(), trade())
    await put_in_force(ann, in_force)
    assert await removable(ann) == (in_force is LOOSE)
    await give_own(ann, own)
    assert await removable(ann) == (own is LOOSE)
    (provider,) = (await ann.get("/api/providers"))["items"]
    await ann.ask("PUT", f"/api/providers/{provider['id']}", {"strategyId": None})
    assert await removable(ann) == (in_force is LOOSE)


@pytest.mark.parametrize(("in_force", "own"), [(LOOSE, STRICT), (STRICT, LOOSE)])
async def test_a_trade_of_no_channel_is_a_matter_of_the_strategy_in_force(
    ann: User, terminal: Terminal, in_force: dict[str, Any], own: dict[str, Any]
) -> None:
    await terminal.tell(signal(), trade(chatId=None, messageId=None, part=None))
    await put_in_force(ann, in_force)
    await give_own(ann, own)
    assert await removable(ann) == (in_force is LOOSE)


async def test_a_trade_told_without_its_channel_belongs_to_that_of_its_signal(
    ann: User, terminal: Terminal
) -> None:
    await terminal.tell(signal())
    await put_in_force(ann, LOOSE)
    await give_own(ann, STRICT)
    result = {"success": True, "mt5Ticket": 77, "symbol": "XAUUSD", "side": "buy", "volume": 0.1}
    body = {"userId": ann.id, "terminalId": "t1", "signalId": 1, "tradeResult": result}
    pushed = await terminal.ask("POST", "/api/firebridge/push-trade-result", body)
    assert pushed.status_code == 200, pushed.text
    assert not await removable(ann, pushed.json()["tradeId"])


async def test_another_users_channel_of_the_same_chat_says_nothing(ann: User, terminal: Terminal) -> None:
    await terminal.tell(signal(), trade())
    bob = await ann.server.user("bob@example.org")
    made = await bob.ask("POST", "/api/providers", {"chatId": "-100", "name": "Gold"})
    assert made.status_code == 201
    await give_own(bob, LOOSE)
    assert not await removable(ann)
