"""The settings: of the project, for everybody, and one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from store.judgements import settings
from store.views import project_settings
from tui import configuration
from tui.dialogs.panel import PanelRow, PanelScreen
from tui.formatting import brief, coefficient, share

_OWN: Final = "own:"
"""Before the ids of rows that are a person's."""


class _Number(NamedTuple):
    """What may be typed for a setting."""

    label: str
    most: float
    whole: bool = False
    scale: float = 1.0
    """What is typed is so many times what is stored."""


_CHOICES: Final[dict[str, Sequence[object]]] = {
    settings.STRENGTH: (False, True),
    settings.QUEUE: (settings.PROJECT, settings.USEFUL),
    settings.RUN_PAIRS: (
        list(settings.RULES),
        [settings.ORIGINAL_LAST],
        [settings.BEST_WORST],
        [],
    ),
}
"""What enter goes through."""

_NUMBERS: Final = {
    settings.MINIMUM: _Number("seconds, 0 to 10", 10),
    settings.REPEATS: _Number("one for how many labels (0: none)", 100_000, whole=True),
    settings.RANDOM_SHARE: _Number("percent, 1 to 100", 100, scale=100),
    settings.JUDGE_MARGIN: _Number("0 to .49", 0.49),
}
"""What enter asks for."""

_SHOWN: Final[dict[str, tuple[str, Callable[[Any], str], str]]] = {
    settings.STRENGTH: (
        "Strength scale",
        lambda on: "on" if on else "off",
        "how much better the better answer is, keys 1 to 4",
    ),
    settings.MINIMUM: ("Least time on an item", brief, "before a key decides on it"),
    settings.REPEATS: (
        "Hidden repeats",
        lambda n: f"one in {n:,}" if n else "none",
        "a pair shown again, sides swapped, to measure oneself",
    ),
    settings.QUEUE: (
        "Order of the queue",
        lambda order: "useful first" if order == settings.USEFUL else "project order",
        "useful: where judge and people may differ most",
    ),
    settings.RANDOM_SHARE: (
        "Random share",
        share,
        "of the pairs where useful ones come first; figures are over these",
    ),
    settings.RUN_PAIRS: (
        "Pairs made by run",
        lambda rules: ", ".join(rules) or "none",
        "answer with last revision; best with worst",
    ),
    settings.JUDGE_MARGIN: (
        "Judge's tie",
        lambda margin: f"{coefficient(margin)} from one half" if margin else "exactly one half",
        "how near one half is still a tie",
    ),
}
"""Name, value in words, and what it does, of every setting in the order shown."""


class SettingsScreen(PanelScreen):
    """Enter changes a row; who changed what of the project is recorded."""

    HEADING = "Settings"
    ABOUT = (
        "The project's settings hold for everybody who labels in it, from the next pair on. Your "
        "own are kept in your configuration file and hold in every project."
    )

    async def rows(self) -> Sequence[PanelRow]:
        """Both groups."""
        values = await self.call(project_settings.in_force)
        services = self.pair_app.services
        own = services.configuration
        moved = sum(1 for _ in own.keymap)
        file = services.configuration_file
        return [
            PanelRow("project", f"{services.db_path.name} · for all annotators", heading=True),
            *(
                PanelRow(key, name, shown(values[key]), about)
                for key, (name, shown, about) in _SHOWN.items()
            ),
            PanelRow("between", "", heading=True),
            PanelRow("mine", f"yours · {file or 'no configuration file here'}", heading=True),
            PanelRow(_OWN + "theme", "Colours", self._colours(), "enter goes through them"),
            PanelRow(
                _OWN + "minimum_seconds",
                "Least time on an item",
                brief(own.minimum_seconds) if own.minimum_seconds else "the project's",
                "where longer than the project's",
            ),
            PanelRow(
                _OWN + "shield",
                "Content shield",
                "harmful" if own.shields_harmful else "off",
                "hides answers to harmful prompts until asked",
            ),
            PanelRow(
                _OWN + "keys",
                "Keys",
                f"{moved} moved" if moved else "as they came",
                "enter lists them all",
            ),
        ]

    def _colours(self) -> str:
        words = {theme: word for word, theme in configuration.COLOURS.items()}
        return words.get(self.pair_app.theme, self.pair_app.theme)

    async def choose(self, row: PanelRow) -> None:
        """The next choice, or a question."""
        if row.id.startswith(_OWN):
            await self._choose_own(row.id.removeprefix(_OWN))
            return
        now = (await self.call(project_settings.in_force))[row.id]
        if row.id in _CHOICES:
            choices = _CHOICES[row.id]
            at = choices.index(now) if now in choices else -1
            await self._set(row.id, choices[(at + 1) % len(choices)])
            return
        number = _NUMBERS[row.id]
        self.question(number.label, partial(self._typed, row.id), _written(now * number.scale))

    async def _typed(self, key: str, text: str) -> None:
        number = _NUMBERS[key]
        if not text:
            return
        value = _read(text, number)
        if value is None or (key == settings.RANDOM_SHARE and not value):
            self.unread(f"{_SHOWN[key][0]}: {number.label}", text)
        else:
            await self._set(key, value)

    async def _set(self, key: str, value: object) -> None:
        services = self.pair_app.services
        await self.call(settings.set, key, value, services.annotator, services.clock())
        await self.pair_app.session.catch_up()
        await self.reload()
        self.tell(f"{_SHOWN[key][0]}: {_SHOWN[key][1](value)}, for everybody")

    async def _choose_own(self, what: str) -> None:
        app = self.pair_app
        if what == "keys":
            from tui.dialogs.own_keys import OwnKeysScreen

            await app.push_screen(OwnKeysScreen(), lambda _done: self.do(self.reload))
        elif what == "theme":
            themes = list(configuration.COLOURS.values())
            at = themes.index(app.theme) if app.theme in themes else -1
            app.theme = themes[(at + 1) % len(themes)]
            await self.reload()
        elif what == "shield":
            hides = app.services.configuration.shields_harmful
            await app.session.configure("shield", None if hides else "harmful")
            await self.reload()
            self.tell("written to your configuration file; holds from the next item on")
        else:
            now = app.services.configuration.minimum_seconds
            self.question("seconds, 0 to 10", self._own_minimum, _written(now))

    async def _own_minimum(self, text: str) -> None:
        value = _read(text, _NUMBERS[settings.MINIMUM])
        if value is None:
            self.unread("Least time on an item: seconds, 0 to 10", text)
            return
        await self.pair_app.session.configure("minimum_seconds", value or None)
        await self.reload()
        self.tell("written to your configuration file")


def _written(number: float) -> str:
    """As it is shown everywhere: ``.4``, ``30``."""
    return f"{number:g}".removeprefix("0") or "0"


def _read(text: str, number: _Number) -> float | None:
    """A number as people write it; None where it is none, or out of bounds."""
    try:
        value = float(text.replace(",", ".").removesuffix("%").removesuffix("s"))
    except ValueError:
        return None
    if not 0 <= value <= number.most or (number.whole and not value.is_integer()):
        return None
    return int(value) if number.whole else value / number.scale
