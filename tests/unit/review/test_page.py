"""The review's page over real HTTP on loopback: who may ask, one state for all, text as text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from tests.review_fixture import HOSTILE, a_decision_review, a_review
from tests.unit.review.test_terminal import Full

from specloop.errors import InputError, RunStoppedError
from specloop.records import Decision, GoldLabel
from specloop.review.page import ReviewPage
from specloop.review.reviewing import QUESTION, VALUES, WHY, Review
from specloop.store import MemoryStore

pytestmark = pytest.mark.enable_socket


class Open:
    """A page that is served, and a client."""

    def __init__(
        self, url: str, client: aiohttp.ClientSession, serving: asyncio.Future[None]
    ) -> None:
        self.url, self.client, self.serving = url, client, serving

    async def state(self) -> dict[str, Any]:
        async with self.client.get(self.url + "state") as reply:
            return await reply.json()

    async def do(self, action: str, item: str = "", **more: str) -> dict[str, Any]:
        deed = {"action": action, "item": item, **more}
        async with self.client.post(self.url + "do", json=deed) as reply:
            assert reply.status == 200, await reply.text()
            return await reply.json()

    async def status(self, url: str, **headers: str) -> int:
        async with self.client.get(url, headers=headers) as reply:
            return reply.status


@asynccontextmanager
async def opened(review: Review) -> AsyncIterator[Open]:
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    page = ReviewPage(review)
    serving = asyncio.ensure_future(page.serve(address.set_result))
    async with aiohttp.ClientSession() as client:
        try:
            yield Open(await asyncio.wait_for(address, 5), client, serving)
        finally:
            page.ended.set()
            await asyncio.wait([serving], timeout=5)
    assert serving.done()


async def test_labels_are_given_taken_back_and_kept() -> None:
    store = MemoryStore()
    async with opened(a_review(2, store=store)) as page:
        first = await page.state()
        assert (first["reviewer"], first["item"]["answer"]) == ("Ada", "Answer 0.")
        second = await page.do("decide", first["item"]["id"], value="NO", comment="short")
        assert (second["item"]["answer"], second["comment"]) == ("Answer 1.", "")
        assert [(one.value, one.comment) for one in store.read(GoldLabel)] == [("NO", "short")]
        back = await page.do("undo", second["item"]["id"])
        assert (back["item"]["answer"], back["comment"]) == ("Answer 0.", "short")
        assert store.read(GoldLabel) == []
        for _ in range(2):
            item = (await page.state())["item"]
            last = await page.do("decide", item["id"], value="cannot tell")
        assert last["item"] is None
        assert (await page.do("undo"))["item"]["answer"] == "Answer 1."
        await page.do("quit")
        await asyncio.wait_for(page.serving, 5)


async def test_two_open_pages_share_one_state_and_a_page_that_is_behind_labels_nothing() -> None:
    store = MemoryStore()
    async with opened(a_review(3, store=store)) as page, aiohttp.ClientSession() as second:
        other = Open(page.url, second, page.serving)
        stale = (await other.state())["item"]["id"]
        await page.do("decide", stale, value="YES")
        late = await other.do("decide", stale, value="NO")
        assert late["is_behind"]
        assert late == await page.state() | {"is_behind": True}
        assert [one.value for one in store.read(GoldLabel)] == ["YES"]
        await other.do("comment", late["item"]["id"], comment="hm")
        assert (await page.state())["comment"] == "hm"


async def test_without_the_token_for_another_host_or_from_another_origin_all_is_refused() -> None:
    store = MemoryStore()
    async with opened(a_review(store=store)) as page:
        root = page.url.rsplit("/", 2)[0]
        host = root.removeprefix("http://")
        port = host.rpartition(":")[2]
        for url in (root, f"{root}/", f"{root}/state", f"{root}/guess/state", f"{page.url[:-2]}/"):
            assert await page.status(url) == 403, url
        for name in (
            "evil.example",
            f"evil.example:{port}",
            "127.0.0.1",
            f"127.0.0.1.nip.io:{port}",
        ):
            assert await page.status(page.url, Host=name) == 403, name
        for origin in (
            "http://evil.example",
            "null",
            f"https://{host}",
            f"http://{host}.evil.example",
        ):
            assert await page.status(page.url + "state", Origin=origin) == 403, origin
        assert await page.status(page.url, Host=f"localhost:{port}") == 200
        assert await page.status(page.url + "state", Origin=root) == 200
        assert await page.status(page.url + "nothing") == 404
        assert page.url.startswith("http://127.0.0.1:")
        assert len(page.url.split("/")[3]) >= 32
        assert store.read(GoldLabel) == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"action": "decide", "item": "x", "value": "PERHAPS"}', "application/json", 400),
        ('{"action": "drop"}', "application/json", 400),
        ("{", "application/json", 400),
        ('{"action": "undo"}', "text/plain", 415),
        ('{"action": "comment", "comment": "' + "x" * 600_000 + '"}', "application/json", 413),
    ],
)
async def test_what_is_not_understood_changes_nothing(body: str, kind: str, status: int) -> None:
    store = MemoryStore()
    async with opened(a_review(store=store)) as page:
        sent = page.client.post(page.url + "do", data=body, headers={"Content-Type": kind})
        async with sent as reply:
            assert reply.status == status
    assert store.read(GoldLabel) == []


async def test_the_page_holds_no_text_of_models_and_allows_no_script_but_its_own() -> None:
    async with opened(a_review(1, answer=HOSTILE)) as page:
        async with page.client.get(page.url) as reply:
            text, policy = await reply.text(), reply.headers["Content-Security-Policy"]
            assert reply.headers["Cache-Control"] == "no-store"
        assert "hacked" not in text
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        async with page.client.get(page.url + "page.js") as reply:
            script = await reply.text()
        assert not any(word in script for word in ("innerHTML", "insertAdjacent", "document.write"))
        state = await page.state()
        assert {key: value for key, value, _ in state["values"]} == {
            key: value for key, (value, _) in VALUES.items()
        }
        assert state["question"] == QUESTION
        item = state["item"]
        assert "<script>" in item["answer"]
        assert "\x1b" not in item["answer"]
        assert "secret" not in str(await page.state())


async def test_a_label_that_cannot_be_kept_ends_the_review_with_the_reason() -> None:
    async with opened(a_review(store=Full())) as page:
        item = (await page.state())["item"]["id"]
        deed = {"action": "decide", "item": item, "value": "YES"}
        async with page.client.post(page.url + "do", json=deed) as reply:
            assert reply.status == 500
        with pytest.raises(RunStoppedError, match="the disk is full"):
            await asyncio.wait_for(asyncio.shield(page.serving), 5)


async def test_a_port_that_is_taken_is_told() -> None:
    async with opened(a_review()) as page:
        port = int(page.url.split("/")[2].rpartition(":")[2])
        with pytest.raises(InputError, match=f"--port {port}: cannot be listened on"):
            await ReviewPage(a_review()).serve(lambda _: None, port)


async def test_broken_requests_and_closed_windows_say_nothing_on_the_terminal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened(a_review()) as page:
        host, token = page.url.split("/")[2:4]
        for sent in (
            f"GET /{token}/\xff HTTP/1.1\r\nHost: {host}\r\n\r\n",
            f"GET /{token}/ HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n",
            f"POST /{token}/do HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            'Content-Length: 99\r\n\r\n{"action"',
        ):
            reader, writer = await asyncio.open_connection(*host.split(":"))
            writer.write(sent.encode("latin-1"))
            await writer.drain()
            if "99" in sent:
                await asyncio.sleep(0.05)
            else:
                assert b" 400 " in await reader.readline()
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(0.05)
        assert (await page.state())["item"]
    assert caplog.text == ""


async def test_decisions_are_taken_with_edits_and_a_reason_and_only_those_that_fit() -> None:
    store = MemoryStore()
    async with opened(a_decision_review(2, store)) as page:
        item = (await page.state())["item"]
        assert item["texts"] == {"rule": "Rule 0."}
        assert (await page.do("decide", item["id"], value="YES"))["item"]["id"] == item["id"]
        told = await page.do("decide", item["id"], value="drop")
        assert told["trouble"] == WHY
        deed = {"action": "decide", "item": item["id"], "value": "accept", "comment": "why"}
        sent = page.client.post(page.url + "do", json=deed | {"texts": {"rule": "New.", "x": "y"}})
        async with sent as reply:
            assert (await reply.json())["item"]["id"] != item["id"]
    (one,) = store.read(Decision)
    assert (one.value, one.texts, one.comment) == ("edit", {"rule": "New."}, "why")
