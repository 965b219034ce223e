"""An OpenAI-compatible endpoint, asked through the package ``openai``. Imported only where the feature is on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam
from openai.types.chat.completion_create_params import ResponseFormat

from signalos.language_model.answer import answer_of, response_format
from signalos.language_model.asking import Answer, NoAnswer
from signalos.language_model.prompt import turns

LONGEST_BODY = 64 << 10
_NO_KEY = "none"
"""What is sent where the endpoint needs no key, as most that run on the user's own machine."""


class _TooLong(Exception):
    """An answer, or an error's text, of more bytes than any orders need."""


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LONGEST_BODY
        async for piece in self._inner:
            left -= len(piece)
            if left < 0:
                raise _TooLong
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


class _BoundedTransport(httpx2.AsyncHTTPTransport):
    """Lets no body grow beyond the limit: the client reads bodies, also those of errors, as a whole."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        response.stream = _Bounded(cast(httpx2.AsyncByteStream, response.stream))
        return response


class OpenAiEndpoint:
    """One model at ``base_url``. A question is asked once: no retries, no redirects, no proxy."""

    def __init__(self, base_url: str, model: str, *, key: str | None, timeout_seconds: float) -> None:
        self.name = model
        self._seconds = timeout_seconds
        self._client = openai.AsyncOpenAI(
            api_key=key or _NO_KEY,
            base_url=base_url,
            timeout=timeout_seconds,
            max_retries=0,
            # A redirect could carry the message to where the user never chose to send it.
            http_client=openai.DefaultAsyncHttpxClient(
                transport=_BoundedTransport(), follow_redirects=False, trust_env=False
            ),
        )
        # The package takes these from the environment: another program's account is no business of this endpoint.
        self._client.organization = None
        self._client.project = None

    async def ask(self, text: str, symbols: Sequence[str]) -> Answer:
        """Ask about one message. Raises NoAnswer."""
        try:
            # The client's own timeout is for each read: an answer that drips would outlast it.
            async with asyncio.timeout(self._seconds):
                raw = await self._client.chat.completions.with_raw_response.create(
                    model=self.name,
                    messages=cast(list[ChatCompletionMessageParam], turns(text, symbols)),
                    response_format=cast(ResponseFormat, response_format()),
                    # Else a small body could unfold to a huge one.
                    extra_headers={"Accept-Encoding": "identity"},
                )
        except (TimeoutError, openai.APITimeoutError):
            raise NoAnswer("model_too_slow", f"no answer within {self._seconds:g} s") from None
        except openai.APIStatusError as why:
            # The endpoint's own words may repeat the key.
            raise NoAnswer(f"model_status_{why.status_code}", _in_words(why.status_code)) from None
        except (openai.APIConnectionError, _TooLong) as why:
            cause = why.__cause__ or why
            if isinstance(cause, _TooLong):
                text = f"the answer has more than {LONGEST_BODY} bytes"
                raise NoAnswer("model_too_long", text, passing=False) from None
            text = f"the endpoint cannot be reached ({type(cause).__name__})"
            raise NoAnswer("model_unreachable", text) from None
        except openai.OpenAIError as why:
            raise NoAnswer("model_failed", f"the request failed ({type(why).__name__})") from None
        return answer_of(raw.content)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()


def _in_words(status: int) -> str:
    if status in (401, 403):
        return f"the endpoint refuses the key (status {status})"
    if status == 429:
        return f"the endpoint is asked too much, or the account has run out (status {status})"
    if status == 404:
        return f"the endpoint does not know the address or the model (status {status})"
    return f"the endpoint answers status {status}"
