"""The usual environment variables for proxies and certificates."""

# pyright: basic
from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from aiohttp import web
from tests.openai_server import VLLM, says

from specloop.errors import InputError, ModelError

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*VARIABLES, "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)


async def test_calls_go_through_the_proxy(start, connect, ask, monkeypatch: pytest.MonkeyPatch):
    proxy = await start(says("through"), VLLM)
    monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
    model = await connect(base_url="http://models.invalid/v1")
    assert model.capabilities.score
    assert (await model.generate(ask())).text == "through"
    assert proxy.seen[-1].path == "/v1/chat/completions"


async def test_exceptions_from_the_proxy_are_kept(
    start, connect, ask, monkeypatch: pytest.MonkeyPatch
):
    server = await start(says("straight"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert (await (await connect(base_url=server.url)).generate(ask())).text == "straight"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `key` and `cert`, of an authority that nobody knows."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "cert"]
    subprocess.run([openssl, *make.split(), *names], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
async def secure_url(certificate: Path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert", certificate / "key")
    app = web.Application()
    app.router.add_post("/{path:.*}", says("safe"))
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}/v1"
    await runner.cleanup()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
async def test_the_users_certificates_are_trusted(
    start, connect, ask, secure_url, certificate: Path, monkeypatch, variable: str
):
    monkeypatch.setenv(variable, str(certificate / "cert"))
    model = await connect(base_url=secure_url)
    assert (await model.generate(ask())).text == "safe"


async def test_an_unknown_certificate_is_not_trusted(connect, secure_url):
    with pytest.raises(ModelError, match=r"(?i)certificate"):
        await connect(base_url=secure_url)


async def test_a_bundle_that_cannot_be_read_is_the_users_mistake(connect, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    with pytest.raises(InputError, match=r"REQUESTS_CA_BUNDLE: /no/such/bundle\.pem"):
        await connect(base_url="https://127.0.0.1:9/v1")
