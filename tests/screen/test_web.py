"""The dashboard in a browser: nothing answers without the token, and a machine can be started with it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from aiohttp import ClientSession

from slshell.client.profiles import state_folder
from slshell.dashboard.session import TourFile
from slshell.terminal.screen import Screen
from tests.screen.served import ScreenCloud
from tests.screen.web import CHROMEDRIVER, CHROMIUM, PATIENCE_S, Browser, Page, Web, served
from tests.support import processes
from tests.support.shell import Shell

PATHS = ("/", "/ws", "/static/js/textual.js", "/static/", "/page/focus.js", "/download/x", "/none")
UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


@pytest.fixture
def web(cloud: ScreenCloud) -> Iterator[Web]:
    """A served dashboard over an in-process cloud."""
    with served(os.environ) as running:
        yield running


@pytest.fixture
def browser(short_folder: Path) -> Iterator[Browser]:
    """A headless browser."""
    if not (Path(CHROMIUM).exists() and Path(CHROMEDRIVER).exists()):
        pytest.skip("this distribution has no package of Chromium")
    made = Browser(short_folder)
    try:
        yield made
    finally:
        made.close()


def entered(web: Web) -> str:
    """The cookie of someone who has opened the address."""
    page = web.get(f"/?token={web.token}")
    assert page.status == 200
    return page.headers["Set-Cookie"].partition(";")[0]


def upgraded(web: Web, **headers: str) -> int:
    """The answer's status when one asks for the websocket."""
    connection = HTTPConnection("127.0.0.1", web.port, timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in {**UPGRADE, **headers}.items()}
        connection.request("GET", "/ws?width=80&height=24", headers=named)
        return connection.getresponse().status
    finally:
        connection.close()


def test_nothing_answers_without_the_token(web: Web) -> None:
    for path in PATHS:
        assert web.get(path).status == 403, path
        assert web.get(path, Cookie=f"slshell-{web.port}=wrong").status == 403
        assert web.get(f"{path}?token=wrong").status == 403
    assert web.get(f"/static/js/textual.js?token={web.token}").status == 403
    assert upgraded(web) == 403
    assert upgraded(web, Cookie=f"slshell-{web.port}=wrong") == 403


def test_the_token_becomes_a_strict_cookie_that_opens_all(web: Web) -> None:
    first: Page = web.get(f"/?token={web.token}")
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert first.headers["Refresh"] == "0; url=/"
    assert web.token not in first.text
    known = cookie.partition(";")[0]
    page = web.get("/", Cookie=known)
    assert page.status == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert web.token not in page.text
    assert web.get("/static/js/textual.js", Cookie=known).status == 200
    assert upgraded(web, Cookie=known, Origin=f"http://127.0.0.1:{web.port}") == 101


def test_a_foreign_name_or_origin_is_refused_even_with_the_token(web: Web) -> None:
    known = entered(web)
    assert web.get("/", Cookie=known, Host=f"evil.example:{web.port}").status == 421
    assert web.get(f"/?token={web.token}", Host="evil.example").status == 421
    assert upgraded(web, Cookie=known, Origin="https://evil.example") == 421
    assert upgraded(web, Cookie=known, Origin="null") == 421
    assert web.get("/", Cookie=known, Host=f"localhost:{web.port}").status == 200


def test_pages_may_load_nothing_from_elsewhere_nor_be_framed(web: Web) -> None:
    headers = web.get("/", Cookie=entered(web)).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"


def test_only_the_loopback_listens(web: Web) -> None:
    table = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    here = [line.split()[1] for line in table.splitlines() if f":{web.port:04X} " in line and " 0A " in line]
    assert here == [f"0100007F:{web.port:04X}"]


def test_a_page_that_is_closed_while_it_starts_leaves_no_dashboard(cloud: ScreenCloud) -> None:
    with served(os.environ) as web:
        assert upgraded(web, Cookie=entered(web)) == 101
    assert processes.wait_until_gone([cloud.home], 15) == []


def test_a_server_that_is_killed_takes_its_dashboards_along(cloud: ScreenCloud) -> None:
    with served(os.environ) as web, web.page(entered(web)) as page:
        assert page.recv(1)
        web.process.kill()
        assert processes.wait_until_gone([cloud.home], 15) == []


def test_two_of_them_have_tokens_and_ports_of_their_own(web: Web) -> None:
    with served(os.environ) as other:
        assert other.token != web.token
        assert other.port != web.port
        assert other.get("/", Cookie=entered(web)).status == 403


def test_a_taken_port_is_told(web: Web, shell: Shell) -> None:
    told = shell("web", "--port", str(web.port), expect=6)
    assert f"port {web.port} cannot be used" in told.stderr
    assert "--port" in told.stderr


async def test_the_repl_is_in_a_pane_there_too(web: Web) -> None:
    tour = TourFile(state_folder())
    assert tour.due
    tour.end()
    screen = Screen(120, 36)
    address = f"ws://127.0.0.1:{web.port}/ws?width=120&height=36"
    async with (
        ClientSession(headers={"Cookie": entered(web)}) as client,
        client.ws_connect(address) as page,
        asyncio.timeout(PATIENCE_S),
    ):

        async def shows(words: str) -> None:
            while words not in screen.text():
                screen.feed(await page.receive_bytes())

        await shows("Instances")
        await page.send_json(["stdin", "P"])
        await shows("slshell>")
        await page.send_json(["stdin", "export X=42; echo got-$X\r"])
        await shows("got-42")


def test_the_browser_shows_the_dashboard_only_with_the_token(web: Web, browser: Browser) -> None:
    tour = TourFile(state_folder())
    assert tour.due
    tour.end()
    browser.open(f"http://127.0.0.1:{web.port}/")
    assert "open the address that slshell web has printed" in browser.text
    browser.open(web.address)
    browser.until(lambda: browser.driver.current_url == f"http://127.0.0.1:{web.port}/", "the clean address")
    browser.until(lambda: browser.colours > 10, "the drawn dashboard")
    browser.press("q")
    browser.until(lambda: "The dashboard has ended" in browser.text, "the end of the dashboard")
    browser.open(f"http://localhost:{web.port}/")
    assert "open the address that slshell web has printed" in browser.text


def test_a_machine_is_started_in_the_browser_and_seen_to_run(shell: Shell, browser: Browser) -> None:
    (shell.home / "config").mkdir()
    (shell.home / "config" / "config.toml").write_text('[cloud]\nengine_uri = "test:///default"\n')
    colourful = {name: value for name, value in shell.environment.items() if name != "NO_COLOR"}
    shell("cloud", "up")

    def states() -> list[str]:
        return [each["state"] for each in json.loads(shell("instances", "-o", "json").stdout)]

    with served(colourful) as web:
        browser.open(web.address)
        browser.until(lambda: browser.colours > 10, "the tour over the dashboard")
        browser.press("\ue007")
        browser.press("\ue007")
        browser.until(lambda: states() == ["Running"], "the running machine")
        browser.press("\ue00c")
        browser.until(lambda: browser.colours > 10, "the dashboard with its machine")
