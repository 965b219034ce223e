"""A channel whose posts are kept by its own server, and a source that goes on from its position."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from signalos.sources.base import Deliver, Post, SourceHealth

CHAT = "-1001"
NAME = "channel"


class Channel:
    """Everything that was posted, in order. ``repeats``: how many posts a new connection shows again."""

    def __init__(self, repeats: int = 0) -> None:
        self.posts: list[Post] = []
        self._repeats = repeats
        self._sources: list[ChannelSource] = []

    def post(self, post: Post) -> None:
        """Add a post and let whoever listens know."""
        self.posts.append(post)
        for source in self._sources:
            source.arrived.set()

    def source(self, on_post: Callable[[], None]) -> ChannelSource:
        """A new connection to the channel."""
        source = ChannelSource(self, self._repeats, on_post)
        self._sources = [source]
        return source


class ChannelSource:
    """A message source over the channel; the last posts before its position may come again."""

    name = NAME
    type = "channel"

    def __init__(self, channel: Channel, repeats: int, on_post: Callable[[], None]) -> None:
        self.health = SourceHealth(connected=True)
        self.arrived = asyncio.Event()
        self._channel = channel
        self._repeats = repeats
        self._on_post = on_post

    async def run(self, start_position: str | None, deliver: Deliver) -> None:
        at = max(0, int(start_position or 0) - self._repeats)
        while True:
            self.arrived.clear()
            while at < len(self._channel.posts):
                at += 1
                self._on_post()
                post = self._channel.posts[at - 1]
                # As a signed-in account does it: an edit might not be found by reading again.
                deliver(post, str(at), given_again=not (post.edit or post.deleted))
                await asyncio.sleep(0)
            await self.arrived.wait()
