"""The kinds of fault that `server_faults` tries."""

# pyright: basic
from __future__ import annotations

import gzip
import json

from perf.campaign.fault_server import (
    CHUNKED,
    MARK,
    Fault,
    bare,
    changed,
    choice,
    chunked,
    data,
    later,
    message,
    parted,
    planted,
    response,
    soon,
    status,
    streamed,
    wire,
    with_raw,
)

DEEP = "[" * 1200 + "]" * 1200
HTML = f"<html><body>Sign in first {MARK}</body></html>".encode()
HERE = "Location: /v1/chat/completions"
GOOD_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _error(error: object) -> bytes:
    return json.dumps({"error": error}).encode()


STATUSES = {
    **{str(code): Fault("unclear", status(code)) for code in (400, 422)},
    **{str(code): Fault("final", status(code)) for code in (401, 402, 403, 404, 405, 410)},
    **{str(code): Fault("final", status(code)) for code in (413, 415, 418, 451, 201, 204)},
    **{str(code): Fault("passing", status(code)) for code in (408, 409, 425, 429, 500, 502)},
    **{str(code): Fault("passing", status(code)) for code in (503, 504, 520, 529, 599)},
    "301 elsewhere": Fault("final", status(301, "Location: http://elsewhere.test/v1")),
    "302 to itself": Fault("final", status(302, HERE)),
    "304": Fault("final", status(304)),
    "307 to itself": Fault("final", status(307, HERE)),
    "308 to nowhere": Fault("final", status(308, "Location: ::::not an address::::")),
    "999": Fault("passing", status(999)),
}
WAITS = {
    "Retry-After 0.05": Fault("passing", later("0.05")),
    "Retry-After date": Fault("passing", lambda right: later(soon())(right)),
    "Retry-After past": Fault("passing", later("Thu, 01 Jan 1970 00:00:00 GMT")),
    "Retry-After garbage": Fault("passing", later("in a while")),
    "Retry-After negative": Fault("passing", later("-17")),
    "Retry-After 1e9": Fault("passing", later("1e9")),
    "Retry-After 400 digits": Fault("passing", later("9" * 400)),
    "Retry-After nan": Fault("passing", later("nan")),
    "Retry-After inf": Fault("passing", later("inf")),
    "Retry-After hour 10**20": Fault(
        "passing", later("Thu, 01 Jan 1970 99999999999999999999:00:00 GMT")
    ),
    "Retry-After year 99999": Fault("passing", later("Thu, 01 Jan 99999 00:00:00 GMT")),
    "Retry-After year 0": Fault("passing", later("Thu, 01 Jan 0000 00:00:00 GMT")),
    "Retry-After zone 10**9": Fault("passing", later("Thu, 01 Jan 2026 00:00:00 +9999999999")),
    "Retry-After empty": Fault("passing", later("")),
}
CONNECTIONS = {
    "closed before an answer": Fault("passing", wire(b""), "close"),
    "reset before an answer": Fault("passing", wire(b""), "reset"),
    "closed in the head": Fault("passing", wire(b"HTTP/1.1 200 OK\r\nContent-Ty"), "close"),
    "closed after the head": Fault("passing", lambda r: response(b"", length=900), "close"),
    "closed in the body": Fault(
        "passing", lambda r: response(data(r)[:60], length=len(data(r))), "close"
    ),
    "reset in the body": Fault(
        "passing", lambda r: response(data(r)[:60], length=len(data(r))), "reset"
    ),
    "silence": Fault("passing", wire(b""), "hang"),
    "silence after the head": Fault("passing", lambda r: response(b"", length=900), "hang"),
    "silence in the body": Fault(
        "passing", lambda r: response(data(r)[:60], length=len(data(r))), "hang"
    ),
    "byte by byte": Fault("passing", lambda r: response(data(r)), "drip"),
    "closed after each": Fault("fine", lambda r: response(data(r), "Connection: close"), "close"),
    "closed unsaid": Fault("fine", lambda r: response(data(r)), "close"),
}
FRAMING = {
    "length too long": Fault("passing", lambda r: response(data(r), length=9000), "close"),
    "length too short": Fault("passing", lambda r: response(data(r), length=40)),
    "two lengths": Fault("passing", lambda r: response(data(r), "Content-Length: 7"), "close"),
    "negative length": Fault("passing", lambda r: response(data(r), length=-5), "close"),
    "no length": Fault("fine", wire(GOOD_HEAD + b"Connection: close\r\n\r\nBODY"), "close"),
    "HTTP/1.0": Fault("fine", wire(GOOD_HEAD.replace(b"1.1", b"1.0") + b"\r\nBODY"), "close"),
    "chunked": Fault("fine", lambda r: CHUNKED + chunked(data(r)) + b"0\r\n\r\n"),
    "chunks cut": Fault("passing", lambda r: CHUNKED + chunked(data(r)), "close"),
    "chunk of no size": Fault("passing", wire(CHUNKED + b"zz\r\nBODY\r\n0\r\n\r\n"), "close"),
    "chunk of 10**15": Fault("passing", wire(CHUNKED + b"38d7ea4c68000\r\nBODY"), "close"),
    "gzip": Fault("fine", lambda r: response(gzip.compress(data(r)), "Content-Encoding: gzip")),
    "no gzip": Fault("passing", lambda r: response(data(r), "Content-Encoding: gzip")),
    "gzip cut": Fault(
        "passing", lambda r: response(gzip.compress(data(r))[:-20], "Content-Encoding: gzip")
    ),
    "brotli that is none": Fault("passing", lambda r: response(data(r), "Content-Encoding: br")),
    "no HTTP": Fault("passing", wire(f"220 mail.test {MARK}\r\n\r\n".encode()), "close"),
    "TLS": Fault("passing", wire(b"\x15\x03\x01\x00\x02\x02\x46"), "close"),
    "status of no number": Fault("passing", wire(b"HTTP/1.1 abc OK\r\n\r\nBODY"), "close"),
    "HTTP/9.9": Fault("passing", wire(b"HTTP/9.9 200 OK\r\n\r\nBODY"), "close"),
    "head of 300 KB": Fault("passing", lambda r: response(data(r), "X: " + "a" * 300_000)),
    "40,000 headers": Fault(
        "passing", lambda r: response(data(r), *(f"X-{n}: a" for n in range(40_000)))
    ),
    "header without a colon": Fault("passing", lambda r: response(data(r), "nonsense"), "close"),
    "NUL in a header": Fault("passing", lambda r: response(data(r), "X: a\0b"), "close"),
    "100 first": Fault("fine", lambda r: b"HTTP/1.1 100 Continue\r\n\r\n" + response(data(r))),
    "103 first": Fault(
        "fine", lambda r: b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + response(data(r))
    ),
    "two answers": Fault("fine", lambda r: response(data(r)) + response(data(planted(r)))),
    "an answer and rubbish": Fault("passing", lambda r: response(data(r)) + HTML),
}
BODIES = {
    "empty": Fault("passing", bare(b"")),
    "HTML": Fault("passing", bare(HTML)),
    "bad JSON": Fault("passing", bare(b'{"choices": [{"message": {"content": "' + HTML)),
    "JSON cut": Fault("passing", lambda r: response(data(r)[:-9])),
    "null": Fault("passing", bare(b"null")),
    "a number": Fault("passing", bare(b"17")),
    "a list": Fault("passing", lambda r: response(b"[" + data(r) + b"]")),
    "UTF-16": Fault("passing", lambda r: response(json.dumps(r).encode("utf-16"))),
    "no UTF-8": Fault("passing", bare(b'{"choices": [{"message": {"content": "\xff\xfe"}}]}')),
    "nested 100,000 deep": Fault("passing", bare(b"[" * 100_000)),
    "a stream": Fault("passing", streamed),
    "error as text": Fault("passing", bare(_error(f"overloaded {MARK}"))),
    "error as object": Fault("passing", bare(_error({"message": MARK, "code": 502}))),
    "error of a refusal": Fault("final", bare(_error({"message": MARK, "code": 400}))),
    "error as list": Fault("passing", bare(_error([{"message": MARK}]))),
    "error as number": Fault("passing", bare(_error(7))),
    "error of code 10**400": Fault("passing", bare(b'{"error": {"code": 1' + b"0" * 400 + b"}}")),
    "error in words, nested": Fault("passing", bare(b'{"error": ' + DEEP.encode() + b"}")),
    "no choices": Fault("passing", changed(choices=[])),
    "choices missing": Fault("passing", changed(choices=...)),
    "choices null": Fault("passing", changed(choices=None)),
    "choices no list": Fault("passing", changed(choices={"0": MARK})),
    "choices of texts": Fault("passing", changed(choices=[MARK])),
    "message null": Fault("passing", choice(message=None)),
    "message missing": Fault("passing", choice(message=...)),
    "message as text": Fault("passing", choice(message=MARK)),
    "message as list": Fault("passing", choice(message=[{"content": MARK}])),
    "finish in an error": Fault("passing", choice(finish_reason="error")),
    "finish a number": Fault("passing", choice(finish_reason=3)),
    "content a number": Fault("passing", message(content=42)),
    "content an object": Fault("passing", message(content={"text": MARK})),
    "content true": Fault("passing", message(content=True)),
    "logprobs as text": Fault("passing", choice(logprobs=MARK)),
}
ODD = {
    "content null": Fault("answer", message(content=None)),
    "content missing": Fault("answer", message(content=...)),
    "content empty": Fault("answer", message(content="")),
    "content of no text": Fault("answer", message(content=[{"type": "image_url"}])),
    "tool calls": Fault("answer", message(content=None, tool_calls=[{"id": MARK}])),
    "refusal": Fault("answer", message(content=None, refusal="No, thank you.")),
    "finish missing": Fault("answer", choice(finish_reason=...)),
    "finish null": Fault("answer", choice(finish_reason=None)),
    "finish odd": Fault("answer", choice(finish_reason="weird")),
    "finish length": Fault("answer", choice(finish_reason="length")),
    "half a surrogate pair": Fault("answer", message(content="half \ud83d here")),
    "NUL and escapes": Fault("answer", message(content="a\0b \x1b[31mred\x1b]52;c;eA==\x07")),
    "content in parts": Fault("fine", parted),
    "another type": Fault(
        "fine", lambda r: response(data(r)).replace(b"application/json", b"text/html")
    ),
    "another index": Fault("fine", choice(index=7)),
    "two choices": Fault(
        "fine", lambda r: response(data(r | {"choices": r["choices"] + planted(r)["choices"]}))
    ),
    "members twice": Fault("fine", lambda r: response(b'{"choices": [], ' + data(r)[1:])),
    "an empty error": Fault("fine", changed(error={})),
    "usage missing": Fault("fine", changed(usage=...)),
    "usage null": Fault("fine", changed(usage=None)),
    "more members": Fault("fine", changed(choices_=MARK, id=7, created="never")),
    "a member 1,200 deep": Fault("passing", with_raw("more", DEEP)),
    "a member of 5,000 digits": Fault("passing", with_raw("more", "9" * 5000)),
    "byte-order mark": Fault("fine", lambda r: response(b"\xef\xbb\xbf" + data(r))),
    "spaces around": Fault("fine", lambda r: response(b"\n" * 500 + data(r) + b" " * 500)),
    "thought beside it": Fault("fine", message(reasoning_content="Let me think.")),
}
LISTS = {
    "models: silence": Fault("fine", wire(b""), "hang", get=True),
    "models: closed": Fault("fine", wire(b""), "close", get=True),
    "models: 404": Fault("fine", status(404), get=True),
    "models: 500": Fault("fine", status(500), get=True),
    "models: 401": Fault("fine", status(401), get=True),
    "models: redirect": Fault("fine", status(302, "Location: /v1/models"), get=True),
    "models: HTML": Fault("fine", bare(HTML), get=True),
    "models: a list": Fault("fine", bare(b"[1, 2]"), get=True),
    "models: other types": Fault("fine", bare(b'{"data": [{"id": 7}, null, "m"]}'), get=True),
    "models: a context of -1": Fault(
        "fine", bare(b'{"data": [{"id": "m", "max_model_len": -1}]}'), get=True
    ),
    "models: a context of 10**30": Fault(
        "fine", bare(b'{"data": [{"id": "m", "max_model_len": 1' + b"0" * 30 + b"}]}"), get=True
    ),
    "models: no HTTP": Fault("fine", wire(HTML), "close", get=True),
    "models: nested": Fault("fine", bare(DEEP.encode()), get=True),
}
FAULTS: dict[str, Fault] = {
    **STATUSES,
    **WAITS,
    **CONNECTIONS,
    **FRAMING,
    **BODIES,
    **ODD,
    **LISTS,
}
"""All of them by name."""
