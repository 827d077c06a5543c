"""With which Chromium are pages looked at, by the tests, the benchmark and the pictures of the documentation?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

INSTALL = "apt-get update && apt-get install --yes chromium"
# It asks nobody for anything, and leaves nothing behind: Playwright gives it an empty profile.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Return the path of Chromium; None where it is not installed."""
    given = os.environ.get("KANIKO_SPLIT_CHROMIUM")
    return given or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium without a window, and stop it."""
    path = chromium()
    if path is None:
        raise FileNotFoundError(f"there is no Chromium; install it: {INSTALL}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield started
        finally:
            started.close()
