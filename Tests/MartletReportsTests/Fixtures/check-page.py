"""Opens an HTML file in headless Chromium and fails if the page is not self-contained, silent and narrow enough.

    python3 check-page.py PAGE.html [--screenshots FOLDER] [--pdf FILE] [--values]

It opens the page 360 and 1440 pixels wide, in light and in dark colours. The exit code is 1, with a sentence for each
fault, if the page

- writes to the console or throws an exception,
- requests anything but itself and data: URLs,
- or is wider than the window, which is a telephone's when it is narrow.

The exit code is 77 if there is no browser: $CHROMIUM, chromium, chromium-browser or google-chrome. Nothing but Python
and the browser is needed (Debian: apt-get install chromium). The browser's protocol:
<https://chromedevtools.github.io/devtools-protocol/>
"""
import argparse
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import sys
import tempfile
import time
import urllib.parse

SIZES = [(360, 740), (1440, 900)]
COLOURS = ["light", "dark"]
TIMEOUT = 60
# How long a page may take after loading until it is looked at, in seconds: scripts may still work then.
SETTLING = 0.3
NO_BROWSER = 77

VALUES = """[...document.querySelectorAll('[data-value]')].map(
  element => ({...element.dataset, text: element.innerText ?? element.textContent}))"""

# Icons and connections made ahead of time: browsers with a window ask for them, headless ones do not.
LINKS = """[...document.querySelectorAll('link[rel~=icon], link[rel~=preconnect], link[rel~=dns-prefetch]')].map(
  element => element.href)"""


class Failure(Exception):
    """The browser did not do what was asked of it."""


class Browser:
    """A browser in its own process group, spoken to over two pipes: JSON messages, each ended by a zero byte."""

    def __init__(self, program, profile):
        self.deadline = time.monotonic() + TIMEOUT
        self.log = pathlib.Path(profile, "browser.log")
        self.received = bytearray()
        self.events = []
        self.last_id = 0
        commands, self.commands = high_pipe()
        self.answers, answers = high_pipe()
        flags = [
            "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={profile}", "--disable-gpu",
            "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-extensions", "--disable-sync",
            # Whatever a page asks for, nothing leaves this machine.
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ] + (["--no-sandbox"] if os.geteuid() == 0 else [])
        self.process = os.posix_spawn(
            program, [program] + flags, os.environ, setpgroup=0,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                (os.POSIX_SPAWN_DUP2, commands, 3),
                (os.POSIX_SPAWN_DUP2, answers, 4),
            ])
        # Else the end of the browser would not be the end of the pipe.
        os.close(commands)
        os.close(answers)

    def send(self, method, session=None, **parameters):
        """Sends a command and returns its result; events that come before it are kept."""
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        try:
            os.write(self.commands, json.dumps(message).encode() + b"\0")
        except BrokenPipeError:
            raise self.ended() from None
        while True:
            answer = self.receive(self.deadline)
            if answer is None:
                raise Failure(f"The browser did not answer {method} within {TIMEOUT} seconds.")
            if answer.get("id") == self.last_id:
                if "error" in answer:
                    raise Failure(f"The browser refused {method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def evaluate(self, session, expression):
        """The value of a JavaScript expression on the page."""
        result = self.send("Runtime.evaluate", session, expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise Failure(f"{expression} failed: {sentence(result['exceptionDetails'])}")
        return result["result"].get("value")

    def wait_for(self, session, method):
        """Collects events until `method` has come."""
        while not any(event["method"] == method and event.get("sessionId") == session for event in self.events):
            event = self.receive(self.deadline)
            if event is None:
                raise Failure(f"The page had not loaded after {TIMEOUT} seconds.")
            self.events.append(event)

    def collect(self, seconds):
        """Collects events for some time."""
        end = min(time.monotonic() + seconds, self.deadline)
        while (event := self.receive(end)) is not None:
            self.events.append(event)

    def receive(self, deadline):
        """The next message, or None if there is none until the deadline."""
        while (end := self.received.find(0)) < 0:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                return None
            chunk = os.read(self.answers, 1 << 20)
            if not chunk:
                raise self.ended()
            self.received += chunk
        message = json.loads(self.received[:end])
        del self.received[:end + 1]
        return message

    def ended(self):
        return Failure("The browser ended by itself. It said:\n" + self.log.read_text(errors="replace").strip()[-2000:])

    def close(self):
        """Ends the browser and all of its processes."""
        # It ends when nobody speaks to it any more; what has not after five seconds is killed.
        os.close(self.commands)
        os.close(self.answers)
        end = time.monotonic() + 5
        while (is_running := os.waitpid(self.process, os.WNOHANG)[0] == 0) and time.monotonic() < end:
            time.sleep(0.02)
        try:
            os.killpg(self.process, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if is_running:
            os.waitpid(self.process, 0)


def high_pipe():
    """The ends of a pipe, for reading and for writing, above the numbers that the browser is to find its ends at."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high


def sentence(details):
    """What an exception says."""
    return details.get("exception", {}).get("description") or details["text"]


def fault(event, page):
    """What is wrong with the page according to an event, or None."""
    method, parameters = event["method"], event["params"]
    if method == "Log.entryAdded":
        entry = parameters["entry"]
        return f"The browser logs ({entry['level']}): {entry['text']} {entry.get('url', '')}".rstrip()
    if method == "Runtime.consoleAPICalled":
        words = [str(argument.get("value", argument.get("description", ""))) for argument in parameters["args"]]
        return f"The page calls console.{parameters['type']}: {' '.join(words)}"
    if method == "Runtime.exceptionThrown":
        return f"The page throws: {sentence(parameters['exceptionDetails'])}"
    if method == "Network.webSocketCreated":
        return f"The page opens the socket {parameters['url']}"
    if method == "Network.requestWillBeSent":
        url = parameters["request"]["url"]
        is_page = urllib.parse.unquote(url) == urllib.parse.unquote(page)
        return None if is_page or url.startswith("data:") else f"The page requests {url}"
    return None


def open_page(browser, page, width, height, colours):
    """Opens the page in a tab of its own; returns its session and its faults."""
    target = browser.send("Target.createTarget", url="about:blank")["targetId"]
    session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ["Page", "Runtime", "Log", "Network"]:
        browser.send(f"{domain}.enable", session)
    # A telephone shows a page that does not name its width as if it were 980 pixels wide.
    browser.send(
        "Emulation.setDeviceMetricsOverride", session, width=width, height=height, deviceScaleFactor=1,
        mobile=width < 600)
    browser.send(
        "Emulation.setEmulatedMedia", session, features=[{"name": "prefers-color-scheme", "value": colours}])
    # What the empty page says is not this page's.
    browser.events.clear()
    error = browser.send("Page.navigate", session, url=page).get("errorText")
    if error:
        raise Failure(f"The browser cannot open {page}: {error}")
    browser.wait_for(session, "Page.loadEventFired")
    browser.evaluate(session, "document.fonts.ready.then(() => true)")
    browser.collect(SETTLING)
    needed = browser.evaluate(session, "document.documentElement.scrollWidth")
    faults = [f"The page is {needed} pixels wide."] if needed > width else []
    faults += [f"The page requests {url}" for url in browser.evaluate(session, LINKS) if not url.startswith("data:")]
    return session, faults


def look(browser, page, arguments):
    """Opens the page in all sizes and colours, writes what the arguments ask for, and returns the faults."""
    faults = []
    values = None
    for width, height in SIZES:
        for colours in COLOURS:
            session, found = open_page(browser, page, width, height, colours)
            if arguments.screenshots:
                size = browser.send("Page.getLayoutMetrics", session)["cssContentSize"]
                image = browser.send(
                    "Page.captureScreenshot", session, format="png", captureBeyondViewport=True,
                    clip={**size, "scale": 1})
                folder = pathlib.Path(arguments.screenshots)
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"page-{width}-{colours}.png").write_bytes(base64.b64decode(image["data"]))
            if (width, colours) == (SIZES[-1][0], COLOURS[0]):
                if arguments.values:
                    values = browser.evaluate(session, VALUES)
                if arguments.pdf:
                    paper = browser.send("Page.printToPDF", session, printBackground=True, preferCSSPageSize=True)
                    pathlib.Path(arguments.pdf).write_bytes(base64.b64decode(paper["data"]))
            # All that was said until now: printing, too, may run scripts.
            found += filter(None, (fault(event, page) for event in browser.events if event.get("sessionId") == session))
            faults += [f"{width} pixels, {colours}: {one}" for one in dict.fromkeys(found)]
    if arguments.values:
        print(json.dumps(values))
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", metavar="PAGE.html", type=pathlib.Path)
    parser.add_argument("--screenshots", metavar="FOLDER", help="writes the whole page as page-360-light.png and so on")
    parser.add_argument("--pdf", metavar="FILE", help="prints the page to a PDF file")
    parser.add_argument(
        "--values", action="store_true",
        help="prints a JSON array: of each element with a data-value attribute all its data attributes, and its text")
    arguments = parser.parse_args()
    if not arguments.page.is_file():
        sys.exit(f"There is no file {arguments.page}.")
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    program = next(filter(None, (shutil.which(name) for name in names if name)), None)
    if program is None:
        print("There is no browser. Install chromium, or set CHROMIUM to the path of one.", file=sys.stderr)
        sys.exit(NO_BROWSER)
    # So that the browser is ended even if this program is.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            faults = look(browser, arguments.page.resolve().as_uri(), arguments)
        except Failure as failure:
            faults = [str(failure)]
        finally:
            browser.close()
    if faults:
        sys.exit("\n".join(faults))


main()
