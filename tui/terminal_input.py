"""What the terminal sends, whatever bytes it is."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from functools import partial

from textual.driver import Driver


def forgiving(driver: type[Driver]) -> type[Driver]:
    """The driver, for which a byte that is no UTF-8 is one wrong letter.

    Terminals set to Latin-1 send such bytes, those that set the eighth bit for alt, and pastes of
    broken text. Textual's drivers for Unix end the app at the first: their decoder is strict, and
    nothing but its name in their module can be changed.
    """
    if driver.__module__ == "textual.drivers.linux_driver":
        from textual.drivers import linux_driver

        vars(linux_driver)["getincrementaldecoder"] = _decoder
    return driver


def _decoder(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")
