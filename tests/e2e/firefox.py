"""Firefox by WebDriver BiDi, the few commands that watching a camera needs."""

import json
import re
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from tests.e2e.browser import PROBE
from tests.e2e.portal import Portal
from tests.e2e.waiting import until

FIREFOX = "/usr/bin/firefox-esr"
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# A browser that calls nobody: no updates, reports, captive-portal or push look-ups.
PREFERENCES = {
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-provider.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.prefetch-next": False,
    "services.settings.server": "data:,#",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.unified": False,
}


class Firefox:
    """One headless Firefox with a profile of its own and one tab; a context manager."""

    def __enter__(self) -> Self:
        self._exits = ExitStack()
        self._folder = tempfile.TemporaryDirectory(prefix="petcam-firefox-")
        folder = Path(self._folder.name)
        profile = folder / "profile"
        profile.mkdir()
        (profile / "user.js").write_text(
            "".join(
                f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
                for name, value in PREFERENCES.items()
            )
        )
        self._log = folder / "firefox.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [FIREFOX, "--headless", "--no-remote", "--remote-debugging-port=0"]
                + ["--profile", str(profile)],
                env={
                    "HOME": str(folder),
                    "PATH": "/usr/bin:/bin",
                    "MOZ_CRASHREPORTER_DISABLE": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._open_session()
        except BaseException as error:
            error.add_note(self._log.read_text(errors="replace")[-2000:])
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._exits.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=10)
        self._folder.cleanup()

    def _open_session(self) -> None:
        match = until(
            lambda: LISTENING.search(self._log.read_text(errors="replace")),
            "Firefox's WebDriver BiDi port",
            within_s=40,
        )
        self._next_id = 0
        self._socket: ClientConnection = self._exits.enter_context(
            connect(f"{match[1]}/session", max_size=32 * 1024 * 1024, open_timeout=10)
        )
        self.command("session.new", capabilities={})
        self.command("script.addPreloadScript", functionDeclaration=f"() => {{ {PROBE} }}")
        self._tab = self.command("browsingContext.getTree")["contexts"][0]["context"]

    def command(self, method: str, *, within_s: float = 30, **parameters: Any) -> dict[str, Any]:
        """Send one command and wait for its result; raises AssertionError with its error."""
        self._next_id += 1
        self._socket.send(json.dumps({"id": self._next_id, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=within_s))
            if answer.get("id") == self._next_id:
                break
        if answer["type"] == "error":
            raise AssertionError(f"{method}: {answer['error']}: {answer['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def go(self, address: str) -> None:
        """Load a page and wait until it is complete."""
        self.command("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def run(self, expression: str) -> Any:
        """The JSON-able value of a JavaScript expression in the page (promises are awaited)."""
        result = self.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({expression})) ?? null))()",
            target={"context": self._tab},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise AssertionError(f"{expression}: {result['exceptionDetails']['text']}")
        return json.loads(result["result"]["value"])

    def log_in(self, portal: Portal) -> None:
        """Fill in the login form as a person would and wait for the page that follows."""
        self.go(f"{portal.url}account/login/")
        fields = {"login": portal.user, "password": portal.password}
        self.run(
            f"(() => {{ for (const [name, value] of Object.entries({json.dumps(fields)})) "
            "document.querySelector(`input[name=${name}]`).value = value; "
            "document.querySelector('input[name=password]').form.requestSubmit(); })()"
        )
        until(
            lambda: "/account/login" not in self.run("location.pathname"),
            "the page after the login",
            within_s=15,
        )
