"""Plain text only within this machine."""

from __future__ import annotations

import pytest

from signalos.desktop.server_url import is_loopback, loopback_address, model_base, server_base, socket_url
from signalos.domain.errors import NotAllowed


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://localhost/", "http://localhost"),
        ("http://[::1]:5000/", "http://[::1]:5000"),
        (" https://signals.example/app/ ", "https://signals.example/app"),
    ],
)
def test_addresses_that_may_be_used(url: str, base: str) -> None:
    assert server_base(url) == base
    assert socket_url(url) == base.replace("http", "ws", 1) + "/ws"


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.5:5000",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "https://user:pw@signals.example",
        "ftp://127.0.0.1",
        "https://",
        "",
        "https://host:port",
        "https://signals.example/?a=b",
        "http://0.0.0.0:5000",
    ],
)
def test_addresses_that_must_not_be_used(url: str) -> None:
    with pytest.raises(NotAllowed):
        server_base(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "LOCALHOST"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "10.0.0.1", "::", "example.org", "127.0.0.1.nip.io"])  # noqa: S104 -- refused
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_terminal_addresses() -> None:
    assert loopback_address("127.0.0.1:18812") == ("127.0.0.1", 18812)
    assert loopback_address("[::1]:1") == ("::1", 1)
    for bad in (
        "127.0.0.1",
        ":5",
        "localhost:",
        "localhost:0",
        "localhost:65536",
        "localhost:²",
        "10.0.0.1:5",
    ):
        with pytest.raises(ValueError, match=r"host:port|this machine"):
            loopback_address(bad)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:11434/v1/", "http://127.0.0.1:11434/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("https://models.example/openai/v1", "https://models.example/openai/v1"),
    ],
)
def test_endpoints_of_language_models_that_may_be_asked(url: str, base: str) -> None:
    assert model_base(url) == base


@pytest.mark.parametrize(
    "url",
    [
        "http://models.example/v1",
        "http://192.168.1.5:11434/v1",
        "http://127.0.0.1@models.example/v1",
        "https://sk-key@models.example/v1",
        "https://models.example/v1?key=sk-key",
        "https://models.example/v1#sk-key",
        "models.example/v1",
        "file:///etc/passwd",
        "",
    ],
)
def test_endpoints_of_language_models_that_are_refused_in_words_without_a_key(url: str) -> None:
    with pytest.raises(NotAllowed) as told:
        model_base(url)
    assert "sk-key" not in str(told.value)
