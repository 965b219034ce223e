"""The endpoint over a real connection: whatever comes back, an answer or a reason, in time."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from signalos.language_model.asking import Answer, ModelOrder, NoAnswer
from signalos.language_model.openai_endpoint import LONGEST_BODY, OpenAiEndpoint
from tests.support.model_endpoint import CLOSE, CUT, DRIP, HANG, ModelEndpoint, completion, order, orders

KEY = "sk-secret-of-the-test"
TEXT = "EURUSD köp, förlust 1.0900, vinst 1.1100"


@pytest.fixture
async def endpoint() -> AsyncIterator[ModelEndpoint]:
    async with ModelEndpoint().running() as up:
        yield up


async def ask(endpoint: ModelEndpoint, *, key: str | None = KEY, seconds: float = 5.0) -> Answer:
    model = OpenAiEndpoint(endpoint.address, "test-model", key=key, timeout_seconds=seconds)
    try:
        return await model.ask(TEXT, ("EURUSD",))
    finally:
        await model.close()


async def test_a_good_answer(endpoint: ModelEndpoint) -> None:
    endpoint.answers = [orders(order())]
    answer = await ask(endpoint)
    assert answer.orders == (ModelOrder("EURUSD", "buy", "market", (), "1.0900", ("1.1100",)),)
    ((headers, body),) = endpoint.asked
    assert headers["authorization"] == f"Bearer {KEY}"
    assert (body["model"], [turn["role"] for turn in body["messages"]]) == (
        "test-model",
        ["system", "user"],
    )
    assert json.loads(body["messages"][1]["content"]) == {"symbols": ["EURUSD"], "message": TEXT}
    wanted = body["response_format"]["json_schema"]
    assert wanted["strict"] is True
    assert wanted["schema"]["additionalProperties"] is False
    assert KEY not in json.dumps(body)


async def test_without_a_key_none_is_made_up_from_the_environment(
    endpoint: ModelEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of-another-program")
    monkeypatch.setenv("OPENAI_ORG_ID", "of-another-program")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "of-another-program")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await ask(endpoint, key=None)
    assert "of-another-program" not in json.dumps(endpoint.asked)


@pytest.mark.parametrize(
    ("answer", "reason", "passing"),
    [
        ((500, b"{}"), "model_status_500", True),
        ((429, b'{"error": {"message": "slow down"}}'), "model_status_429", True),
        ((401, json.dumps({"error": {"message": f"wrong key {KEY}"}}).encode()), "model_status_401", True),
        ((404, b"not here"), "model_status_404", True),
        ((307, b""), "model_status_307", True),
        (CLOSE, "model_unreachable", True),
        (CUT, "model_unreachable", True),
        (b"<html>", "model_no_completion", True),
        (b"", "model_no_completion", True),
        (b'{"choices": []}', "model_no_completion", True),
        (b'\xff\xfe{"choices"', "model_no_completion", True),
        (completion(None, refusal="I will not"), "model_silent", False),
        (completion("BUY EURUSD now!"), "model_unusable", False),
        (completion('{"orders": 1}'), "model_unusable", False),
        (completion("[" * 5000), "model_unusable", False),
        (completion('{"orders": [], "close": "all"}'), "model_unusable", False),
        (orders(order(lots="100")), "model_unusable", False),
        (orders({"action": "close_all"}), "model_unusable", False),
        (orders(order(stop_loss=1.09)), "model_unusable", False),
        (orders(order(side="BUY")), "model_unusable", False),
        (orders(order(symbol="X" * 41)), "model_unusable", False),
        (b" " * (LONGEST_BODY + 1), "model_too_long", False),
        ((500, b" " * (50 << 20)), "model_too_long", False),
    ],
)
async def test_anything_else_is_a_reason(
    endpoint: ModelEndpoint, answer: Any, reason: str, passing: bool, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.answers = [answer]
    with caplog.at_level(logging.DEBUG), pytest.raises(NoAnswer) as told:
        await ask(endpoint)
    assert (told.value.reason, told.value.passing) == (reason, passing)
    assert KEY not in str(told.value)
    assert KEY not in caplog.text
    assert len(endpoint.asked) == 1, "asked once, never again by itself"


@pytest.mark.parametrize("fault", [HANG, DRIP])
async def test_a_slow_answer_is_none(endpoint: ModelEndpoint, fault: str) -> None:
    endpoint.answers = [fault]
    with pytest.raises(NoAnswer) as told:
        await ask(endpoint, seconds=0.3)
    assert told.value.reason == "model_too_slow"


async def test_nobody_there(endpoint: ModelEndpoint) -> None:
    model = OpenAiEndpoint("http://127.0.0.1:9/v1", "m", key=None, timeout_seconds=5)
    with pytest.raises(NoAnswer) as told:
        await model.ask(TEXT, ("EURUSD",))
    assert told.value.reason == "model_unreachable"
    await model.close()


async def test_a_redirect_is_not_followed(endpoint: ModelEndpoint) -> None:
    async with ModelEndpoint().running() as elsewhere:
        endpoint.answers = [(307, b"")]
        endpoint.location = f"{elsewhere.address}/chat/completions"
        with pytest.raises(NoAnswer):
            await ask(endpoint)
        assert elsewhere.asked == []
