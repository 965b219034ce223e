"""A loopback Telegram with a signed-in session, for each test its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.telegram.double import TelegramDouble
from tests.support.telegram.rig import ShortPauses, TelegramRig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[TelegramRig]:
    double = TelegramDouble()
    async with double.running():
        made = TelegramRig(tmp_path, double, ShortPauses(datetime(2024, 3, 4, 9, 0, tzinfo=UTC)))
        await made.sign_in()
        yield made
