"""Connections to one server: no limit of their own, no cookies, the user's proxy and
certificates."""

from __future__ import annotations

import os
import ssl
from contextlib import suppress
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from specloop.errors import InputError
from specloop.llm.backends.openai import OpenAI

_CA_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_IDLE_S = 4.0
"""Below the 5 s after which vLLM and other uvicorn servers drop an idle connection: one dropped
just as it is used again is a failed call."""


MAX_BODY = 32_000_000
"""Bytes of an answer: room for a million characters with every one escaped, and the
log-probabilities of as many tokens as a model writes."""
_MAX_REFUSAL = 64_000
"""Bytes of an error that are read: it says what is wrong at once, or not at all."""


class TooLongError(aiohttp.ClientPayloadError):
    """A body is longer than any that could be asked for; the rest of it was not read."""


def open_session(base: URL, key: str, options: OpenAI) -> aiohttp.ClientSession:
    """A session for one base URL; the key goes into its headers and nowhere else."""
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    connector = aiohttp.TCPConnector(
        limit=0, keepalive_timeout=_IDLE_S, ssl=_tls() if base.scheme == "https" else True
    )
    return aiohttp.ClientSession(
        connector=connector,
        headers=headers,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(
            total=options.timeout_s, sock_connect=options.connect_timeout_s
        ),
        # Looking up the proxy costs a thread a call: only where there is one.
        trust_env=_proxied(base),
    )


async def read_body(answer: aiohttp.ClientResponse) -> bytes:
    """The body: TooLongError where it is longer than a completion can be, the beginning alone
    where it tells an error."""
    most = MAX_BODY if answer.status == 200 else _MAX_REFUSAL
    content = bytearray()
    async for part in answer.content.iter_any():
        content += part
        if len(content) > most:
            answer.close()
            if answer.status == 200:
                raise TooLongError(f"the answer is longer than {MAX_BODY / 1e6:.0f} MB")
            break
    return bytes(content[:most])


def _proxied(base: URL) -> bool:
    proxy = getproxies().get(base.scheme)
    if not proxy or proxy_bypass(base.host or ""):
        return False
    with suppress(ValueError):
        url = URL(proxy)
        if url.scheme in ("http", "https") and url.host:
            return True
    # It may hold a password: it is not shown.
    raise InputError(
        f"the environment variable {base.scheme}_proxy holds no address like http://proxy:3128: "
        "correct it, or name the server in no_proxy"
    )


def _tls() -> ssl.SSLContext:
    """The usual certificates (OpenSSL itself reads SSL_CERT_FILE and SSL_CERT_DIR) and those of the
    bundle that the variables of requests and curl name."""
    context = ssl.create_default_context()
    for variable in _CA_BUNDLES:
        if bundle := os.environ.get(variable):
            path = "capath" if os.path.isdir(bundle) else "cafile"
            try:
                context.load_verify_locations(**{path: bundle})
            except (OSError, ssl.SSLError) as error:
                raise InputError(
                    f"{variable}: {bundle}: no readable certificates ({error})"
                ) from None
    return context
