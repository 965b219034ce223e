"""A small server on a real socket, and the token the desktop app shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from signalos.desktop.auth import AuthTokenManager
from tests.integration.desktop_edges.edge_rig import TOKEN


@pytest.fixture
def tokens(tmp_path: Path) -> AuthTokenManager:
    tokens = AuthTokenManager(tmp_path / "home")
    tokens.store_auth_token(TOKEN)
    return tokens
