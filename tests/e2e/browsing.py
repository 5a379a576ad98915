"""A real server and a real browser, for the tests of the page."""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WAIT = 180_000  # milliseconds; machines that run tests may be busy
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
--disable-background-networking --disable-component-update""".split()
SERVE = """
import sys
from pathlib import Path
from assistant.server import serve
from assistant.settings import Settings
serve(Settings(Path(sys.argv[1])), port=int(sys.argv[2]), say=lambda line: print(line, flush=True))
"""
ANSWERED = "When did Blaise Metreweli take over as head of MI6?"
UNANSWERED = "What is the price of gold in Peru?"


def find_chromium(playwright):
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), playwright.chromium.executable_path)
    if Path(found).exists():
        return found
    missing = "no chromium found: install one, or run 'playwright install chromium'"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def running(*command):
    """The address that a server in a process of its own says it has."""
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            said = []
            for line in process.stdout:
                said.append(line)
                if match := re.match(r"Chat page: (http://127\.0\.0\.1:\d+)", line):
                    break
            else:
                pytest.fail("the server did not start:\n" + "".join(said))
            yield match[1]
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def serving(index, port=0):
    """The address of the assistant's server over `index`."""
    return running("-c", SERVE, index, port)


@contextmanager
def visiting(browser, address, **context):
    """A page that has loaded; in the end, it must have asked for nothing from anywhere else."""
    beyond, errors = [], []
    with browser.new_context(**context) as visit:
        page = visit.new_page()
        page.set_default_timeout(WAIT)
        page.on("request", lambda r: beyond.append(r.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector("#question textarea")
        yield page
    assert [url for url in beyond if not url.startswith((address, "data:", "blob:"))] == []
    assert errors == []


def pose(page, question):
    """Type a question and send it."""
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")


def ask(page, question):
    """Type a question and wait for what is said to it."""
    replies = page.locator("#chat .reply:not(.pending)")
    before = replies.count()
    pose(page, question)
    page.wait_for_function(
        "n => document.querySelectorAll('#chat .reply:not(.pending)').length > n", arg=before
    )
    return replies.nth(before)


def spaced(text):
    return " ".join(text.split())


def marked(page):
    """The text of the quote that was clicked, as highlighted in its article."""
    page.wait_for_selector("#article mark.chosen")
    return spaced(" ".join(page.locator("#article mark.chosen").all_text_contents()))


def tab(page, name):
    """Go to a tab."""
    page.get_by_role("tab", name=name).click()
