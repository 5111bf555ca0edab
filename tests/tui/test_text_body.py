from __future__ import annotations

from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content

from tests.tui.driving import drawn
from tui.widgets.text_body import TextBody


class Alone(App[None]):
    """One text on the screen."""

    def compose(self) -> ComposeResult:
        yield TextBody()

    @property
    def body(self) -> TextBody:
        return self.screen.query_one(TextBody)


def shown(app: Alone) -> list[str]:
    return [app.body.render_line(y).text for y in range(app.body.size.height)]


async def test_wraps_by_cells_and_keeps_to_its_width() -> None:
    app = Alone()
    async with app.run_test(size=(20, 6)) as pilot:
        app.body.update(Content("「猫」は何匹ですか。" * 3 + " 👨‍👩‍👧‍👦 end"))
        await pilot.pause()
        lines = shown(app)
        assert {cell_len(line) for line in lines} == {20}
        assert "".join("".join(lines).split()).startswith("「猫」は何匹ですか。「猫」")


async def test_the_place_stays_in_the_text() -> None:
    app = Alone()
    async with app.run_test(size=(20, 5)) as pilot:
        body = app.body
        body.update(Content("\n".join(map(str, range(12)))))
        await pilot.pause()
        assert body.below == 7
        body.scroll_lines(3)
        assert shown(app)[0].strip() == "3"
        body.scroll_lines(100)
        assert (body.top, body.below) == (7, 0)
        body.scroll_lines(-100)
        assert body.top == 0
        body.scroll_edge(end=True)
        body.update(Content("short"))
        assert (body.top, body.below) == (0, 0)
        assert shown(app)[0].strip() == "short"


async def test_a_text_set_while_hidden_is_there_when_it_comes_back_at_its_old_size() -> None:
    app = Alone()
    async with app.run_test(size=(20, 5)) as pilot:
        app.body.update(Content("the one before"))
        await pilot.pause()
        app.body.display = False
        await pilot.pause()
        app.body.update(Content("the new one"))
        app.body.display = True
        await pilot.pause()
        assert "the new one" in drawn(app)


async def test_a_longer_text_keeps_the_place_unless_told_otherwise() -> None:
    app = Alone()
    async with app.run_test(size=(20, 5)) as pilot:
        body = app.body
        body.update(Content("\n".join(map(str, range(12)))))
        await pilot.pause()
        body.scroll_lines(4)
        body.update(Content("\n".join(map(str, range(20)))))
        assert body.top == 4
        body.update(Content("\n".join(map(str, range(20)))), from_top=True)
        assert body.top == 0


async def test_another_text_leaves_nothing_of_the_first() -> None:
    app = Alone()
    async with app.run_test(size=(20, 5)) as pilot:
        app.body.update(Content("one\ntwo\nthree"))
        await pilot.pause()
        app.body.update(Content("four"))
        await pilot.pause()
        assert "four" in drawn_plain(app)
        assert "two" not in drawn_plain(app)


async def test_a_click_on_the_scroll_bar_goes_there() -> None:
    app = Alone()
    async with app.run_test(size=(20, 5)) as pilot:
        app.body.update(Content("\n".join(map(str, range(30)))))
        await pilot.pause()
        await pilot.click(TextBody, offset=(19, 4))
        assert app.body.top > 15


def drawn_plain(app: Alone) -> str:
    return drawn(app)  # type: ignore[arg-type]


async def test_a_text_wrapped_ahead_is_drawn_as_any_other_also_when_the_width_has_changed() -> None:
    app = Alone()
    async with app.run_test(size=(20, 6)) as pilot:
        text = Content("several words that take more than one line")
        app.body.update(text)
        await pilot.pause()
        wrapped = shown(app)
        app.body.update(Content("before"))
        app.body.prepare(text)
        app.body.update(text)
        assert shown(app) == wrapped
        await pilot.resize_terminal(50, 6)
        assert shown(app)[0].strip() == text.plain
