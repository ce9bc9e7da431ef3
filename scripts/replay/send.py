"""Sends requests to a server that a person named: one after the other, bounded in rate and time. Certificates are
verified, redirects are not followed, nothing is added to a request, and bodies are neither sent nor read.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

import httpx

from corsight.policies.exchange import HeaderList, Response
from corsight.scripts.errors import CorsightError, one_line
from corsight.scripts.replay.model import Answer, Bounds, Failure, Sent

LOST = 3
"""Requests in a row that reach no server, after which nothing more is sent."""


def send_all(requests: Sequence[Sent], bounds: Bounds, authority: str | None = None) -> dict[Sent, Answer]:
    """Return the answer to each of these requests, each sent once. `authority` is a file of certificates to trust
    beside the well-known ones. Raises CorsightError where that cannot be read.
    """
    return asyncio.run(_send_all(list(dict.fromkeys(requests)), bounds, _verify(authority)))


def _verify(authority: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except (OSError, ssl.SSLError) as error:
            raise CorsightError(
                f"holds no certificates ({error})", where=authority, todo="name a file in PEM format"
            ) from None
    return context


async def _send_all(requests: Sequence[Sent], bounds: Bounds, verify: ssl.SSLContext) -> dict[Sent, Answer]:
    loop = asyncio.get_running_loop()
    answers: dict[Sent, Answer] = {}
    end, lost = loop.time() + bounds.seconds, 0
    async with httpx.AsyncClient(verify=verify, follow_redirects=False, timeout=bounds.timeout) as client:
        for number, sent in enumerate(requests):
            begun = loop.time()
            if number >= bounds.most:
                answers[sent] = Failure(f"{bounds.most} requests were sent, which is the most", sent=False)
            elif begun >= end:
                answers[sent] = Failure(f"{bounds.seconds:g} seconds were over", sent=False)
            elif lost >= LOST:
                answers[sent] = Failure(f"{LOST} requests in a row reached no server", sent=False)
            else:
                answers[sent], reached = await _send(client, sent, min(bounds.timeout, end - begun))
                lost = 0 if reached else lost + 1
                if number + 1 < len(requests):
                    await asyncio.sleep(max(0.0, min(begun + 1 / bounds.rate, end) - loop.time()))
    return answers


async def _send(client: httpx.AsyncClient, sent: Sent, seconds: float) -> tuple[Answer, bool]:
    """Return the answer, and whether the server was reached."""
    try:
        request = httpx.Request(sent.method, sent.url, headers=list(sent.headers))
        async with asyncio.timeout(seconds):
            response = await client.send(request, stream=True)
        try:
            return Response(response.status_code, HeaderList(tuple(response.headers.raw))), True
        finally:
            async with asyncio.timeout(seconds):
                await response.aclose()
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        return Failure(_word(error)), False
    except TimeoutError:
        return Failure(f"no answer within {seconds:g} seconds"), True
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Failure(_word(error)), True


def _word(error: Exception) -> str:
    return one_line(f"{error}") or type(error).__name__
