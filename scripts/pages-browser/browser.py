"""A browser without a window, steered over two pipes by the DevTools protocol; the standard library is enough."""

import base64
import json
import os
import select
import shutil
import subprocess
import time


class BrowserError(Exception):
    """The browser did not answer, or said no."""


class Browser:
    """Chromium with one tab. What goes wrong in the page, and what it loads, is noted."""

    def __init__(self, program, folder):
        self._profile = f"{folder}/profile"
        read_commands, self._to = os.pipe()
        self._from, write_replies = os.pipe()
        theirs = [read_commands, write_replies]
        arguments = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
            "--force-color-profile=srgb", "--remote-debugging-pipe", f"--user-data-dir={self._profile}", "about:blank"]

        def place():
            # The protocol's pipes are 3 and 4; copies first, so that neither overwrites the other.
            commands, replies = os.dup(theirs[0]), os.dup(theirs[1])
            os.dup2(commands, 3)
            os.dup2(replies, 4)

        self._log = open(f"{folder}/browser.log", "wb")
        self._process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, close_fds=False, preexec_fn=place)
        for end in theirs:
            os.close(end)
        self._buffer, self._count, self._session = b"", 0, None
        self.complaints, self.loaded = [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")

    def close(self):
        """Ends the browser."""
        try:
            self._session = None
            self.call("Browser.close")
        except (BrowserError, OSError):
            self._process.kill()
        self._process.wait(20)
        self._log.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method, **parameters):
        """Sends a command and returns its result."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data):]
        while True:
            reply = self._next(60)
            if reply.get("id") == self._count:
                if "error" in reply:
                    raise BrowserError(f"{method}: {reply['error']['message']}")
                return reply["result"]

    def _next(self, seconds):
        end = time.monotonic() + seconds
        while b"\0" not in self._buffer:
            if not select.select([self._from], [], [], max(0, end - time.monotonic()))[0]:
                raise BrowserError("the browser has not answered for a minute; its own words are in browser.log")
            piece = os.read(self._from, 1 << 20)
            if not piece:
                raise BrowserError("the browser ended; its own words are in browser.log")
            self._buffer += piece
        text, self._buffer = self._buffer.split(b"\0", 1)
        message = json.loads(text)
        self._note(message)
        return message

    def _note(self, message):
        method, facts = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = facts["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and facts["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(part.get("value", part.get("description"))) for part in facts["args"]))
        elif method == "Log.entryAdded" and facts["entry"]["level"] in ("error", "warning"):
            self.complaints.append(facts["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.loaded.append(facts["request"]["url"])
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"a dialog opened: {facts['message']}")

    def show(self, path, width, height, dark=False):
        """Opens a file at a size, in a color scheme, and waits until it has drawn itself."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.complaints, self.loaded = [], []
        self.call("Page.navigate", url=f"file://{path}")
        end = time.monotonic() + 30
        while not self.value(f"location.href === {json.dumps(f'file://{path}')} && document.readyState === 'complete'"):
            if time.monotonic() > end:
                raise BrowserError(f"{path} did not load")
        self.settle()

    def settle(self):
        """Waits until what was changed has been laid out and drawn."""
        self.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    def value(self, expression):
        """The value of an expression in the page; a promise is awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def press(self, key, code=None, text=None):
        """Presses a key as a person does."""
        codes = {"Enter": 13, "Tab": 9, "Escape": 27, "End": 35, "Home": 36, "ArrowDown": 40, "ArrowUp": 38, " ": 32}
        facts = {"key": key, "code": code or key, "windowsVirtualKeyCode": codes.get(key, 0)}
        if text or key == "Enter":
            facts["text"] = text or "\r"
        self.call("Input.dispatchKeyEvent", type="keyDown", **facts)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=code or key)
        self.settle()

    def point_at(self, selector):
        """Moves the pointer onto the first such element, as far as it is in sight."""
        x, y = self.value(
            f"(({{ left, top, height }}) => [Math.max(left, 0) + 20, top + height / 2])"
            f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())")
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        self.settle()

    def picture(self, path):
        """Writes what is seen, from top to bottom."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))
