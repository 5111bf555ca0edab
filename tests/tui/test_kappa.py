from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database

from store.agreement import agreement, warm, warm_up
from store.db.connection import open_store
from store.items import pairs
from store.judgements import labels, settings
from store.records import Verdict
from store.rounds import rounds
from tests.store.agreement.judge.project import ask
from tests.store.asking import ask as ask_judge
from tests.tui.driving import MakeApp, drawn, press, settle, until
from tests.tui.seed import AT, a_chain
from tui.app import PairlabApp
from tui.dialogs.certificate import CertificateScreen
from tui.dialogs.pairs_list import ItemsScreen
from tui.messages import LabelStored
from tui.modes.kappa.screen import KappaScreen

FIRST = ["a", "a", "a", "b", "b", "tie", "a", "b"]
SECOND = ["a", "b", "a", "b", "b", "tie", None, "a"]


def kappa_screen(app: PairlabApp) -> KappaScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, KappaScreen)
    return screen


@pytest.fixture
def labelled(empty_path: Path) -> Path:
    """Eight pairs: seven common, one only first's; they disagree on two."""
    db = open_store(empty_path)
    for i, (one, other) in enumerate(zip(FIRST, SECOND, strict=True)):
        category = "harmful" if i % 2 else "sycophancy"
        pair = a_chain(db, (f"prompt {i}", f"bad {i}", "no", f"good {i}"), category).pair
        labels.give(db, pair, "first", one, seconds=10, left="a", at=AT)
        if other is not None:
            labels.give(db, pair, "second", other, seconds=20, left="b", at=AT)
    db.close()
    return empty_path


@pytest.fixture
def rows(labelled: Path):
    db = open_store(labelled)
    yield db
    db.close()


async def test_figures_table_and_header_are_those_of_the_store(
    labelled: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "K")
        await until(pilot, lambda: "by category" in drawn(app))
        told = drawn(app)
        screen = kappa_screen(app)
        expected = agreement(rows, "first", "second")
        assert screen.rule.heading == "first and second · 7 common · 1 only first · 0 only second"
        assert screen.table.contingency is not None
        assert screen.table.contingency.cells == expected.counts.table
        assert expected.kappa.value is not None
        figure = f"{expected.kappa.value:.2f}".lstrip("0")
        assert screen.header.agreement == f"κ {figure}  n 7"
    assert figure in told
    assert "agree" in told
    assert "71 %" in told
    assert "too few to tell (n 7, under 50)" in told
    assert "by category" in told
    assert "too few (n under 30)" in told
    assert "left chosen" in told


async def test_the_other_process_moves_kappa_without_a_key(
    labelled: Path, rows: Database, make_app: MakeApp
) -> None:
    missing = [p.id for p in pairs.ordered(rows) if labels.mine(rows, p.id, "second") is None]
    app = make_app(labelled, look_every=0.05)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "K")
        screen = kappa_screen(app)
        assert "7 common" in screen.rule.heading
        other = (
            "from store.judgements import labels; from store.db.connection import open_store;"
            f"labels.give(open_store({str(labelled)!r}), {missing[0]!r}, 'second', 'a',"
            f" at={AT!r})"
        )
        done = await asyncio.create_subprocess_exec(sys.executable, "-c", other)
        await until(pilot, lambda: "8 common" in screen.rule.heading)
        assert await done.wait() == 0
        await settle(pilot)
        assert screen.header.agreement.endswith("n 8")
        assert screen.table.contingency is not None
        assert screen.table.contingency.cells == agreement(rows, "first", "second").counts.table


async def test_two_apps_on_one_file_follow_each_other(labelled: Path, make_app: MakeApp) -> None:
    one, other = make_app(labelled, "first", look_every=0.05), make_app(labelled, "second")
    async with one.run_test(size=(120, 30)) as watching, other.run_test(size=(80, 24)) as giving:
        await press(watching, "K")
        await press(giving, "L", "1")
        await until(watching, lambda: "8 common" in kappa_screen(one).rule.heading)
        await press(giving, "u")
        await until(watching, lambda: "7 common" in kappa_screen(one).rule.heading)
        await settle(watching)
        assert "1 only first" in kappa_screen(one).rule.heading


async def test_a_cell_lists_its_pairs_and_each_can_be_read(
    labelled: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "K", "right", "enter")
        assert isinstance(app.screen, ItemsScreen)
        told = drawn(app)
        assert "first: a · second: b" in told
        assert "prompt 1" in told
        assert "prompt 0" not in told
        await press(pilot, "enter")
        told = drawn(app)
        assert "first" in told
        assert "20 s" in told
        await press(pilot, "escape", "escape", "d")
        told = drawn(app)
        assert "Disagreements" in told
        assert "prompt 1" in told
        assert "prompt 7" in told
    pair = next(
        p.id for p in pairs.ordered(rows) if "prompt 1" in pairs.text(rows, p.id).prompt_text
    )
    labels.give(rows, pair, "first", Verdict.B, at=AT)
    changed = labels.mine(rows, pair, "first")
    assert changed is not None
    assert changed.informed  # what was read in the list leaves the agreement when it is changed


async def test_a_viewer_who_labelled_nothing_gets_figures_and_no_pairs(
    labelled: Path, make_app: MakeApp
) -> None:
    app = make_app(labelled, "third")
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "K")
        assert "7 common" in kappa_screen(app).rule.heading
        await press(pilot, "d")
        told = drawn(app)
    assert "2 pairs you have not labelled yet: closed until you have" in told
    assert "prompt 1" not in told


async def test_others_can_be_compared_when_there_are_three(
    labelled: Path, rows: Database, make_app: MakeApp
) -> None:
    for pair in pairs.ordered(rows)[:2]:
        labels.give(rows, pair.id, "third", "a", at=AT)
    app = make_app(labelled)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "K")
        headings = [kappa_screen(app).rule.heading.split(" · ")[0]]
        for _ in range(3):
            await press(pilot, "o")
            headings.append(kappa_screen(app).rule.heading.split(" · ")[0])
    assert headings == [
        "first and second",
        "first and third",
        "second and third",
        "first and second",
    ]


MODEL = "ai:tiny.gguf"


def judged(rows: Database, verdicts: list[str]) -> None:
    """A model's labels on the first pairs."""
    for pair, verdict in zip(pairs.ordered(rows), verdicts, strict=False):
        labels.give(rows, pair.id, MODEL, verdict, at=AT)


async def test_people_and_models_stand_apart_and_live(
    labelled: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K")
        screen = kappa_screen(app)
        assert "human and AI" not in drawn(app)
        before = screen.rule.heading, screen.table.contingency, screen.header.agreement
        judged(rows, ["a", "a", "a", "a", "b", "tie"])
        screen.post_message(LabelStored())
        await settle(pilot)
        assert "human and AI" in drawn(app)
        await press(pilot, "tab", "tab")  # opens the lines on a low screen
        await until(pilot, lambda: "first and tiny.gguf" in drawn(app))
        told = drawn(app)
        assert (screen.rule.heading, screen.table.contingency, screen.header.agreement) == before
    told_lines = [" ".join(line.split()) for line in told.splitlines() if line.strip()]
    at = told_lines.index("human and AI n agree κ")
    first, second = told_lines[at + 1 : at + 3]
    # first a a a b b tie, the model a a a a b tie: p_o 5/6, p_e (3*4 + 2*1 + 1)/36, kappa 15/21
    assert first == "first and tiny.gguf 6 83 % .71 too few (n under 30)"
    assert second.startswith("second and tiny.gguf 6 67 %")


async def test_enter_on_a_model_lists_where_it_differs_on_pairs_of_ones_own(
    labelled: Path, rows: Database, make_app: MakeApp
) -> None:
    judged(rows, ["a", "a", "a", "a", "b", "tie", "b", "b"])
    app = make_app(labelled, "second")
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "K", "tab", "tab", "down", "enter")
        assert isinstance(app.screen, ItemsScreen)
        told = drawn(app)
        assert "Disagreements · first and tiny.gguf" in told
        assert "prompt 3" in told
        assert "prompt 6" not in told  # second has not labelled it
        assert "1 pair you have not labelled yet" in told
        await press(pilot, "enter")
        assert MODEL in drawn(app)
    labels.give(rows, pairs.ordered(rows)[3].id, "second", "a", at=AT)
    changed = labels.mine(rows, pairs.ordered(rows)[3].id, "second")
    assert changed is not None
    assert changed.informed


async def test_one_person_and_a_model_have_their_line_and_no_kappa(
    study: Path, make_app: MakeApp
) -> None:
    db = open_store(study)
    judged(db, ["a", "b", "a"])
    for pair in pairs.ordered(db):
        labels.give(db, pair.id, "first", "a", at=AT)
    db.close()
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K")
        told = drawn(app)
        assert "Only you have labelled so far" in told
        assert "first and tiny.gguf" in told
        assert "67 %" in told
        assert kappa_screen(app).header.agreement == ""
        await press(pilot, "enter")
        assert isinstance(app.screen, ItemsScreen)
        assert "a · b" in drawn(app)


async def test_a_sealed_round_tells_nothing_of_people_and_models(
    labelled: Path, rows: Database, make_app: MakeApp
) -> None:
    judged(rows, ["a"] * 8)
    inside = [pair.id for pair in pairs.ordered(rows)]
    rounds.create(rows, "pilot", inside, ["first", "late"], seed=1, by="first", at=AT)
    app = make_app(labelled)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "K")
        told = drawn(app)
        assert "tiny.gguf" not in told
        assert "first 8 of 8" in told
        rounds.close(rows, "pilot", "first", "late left", AT)
        kappa_screen(app).post_message(LabelStored())
        await settle(pilot)
        assert "first and tiny.gguf" in drawn(app)


async def test_slices_by_every_thing(labelled: Path, make_app: MakeApp) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "K")
        for by in ("principle", "origin", "guideline", "category"):
            await press(pilot, "b")
            assert f"by {by}" in drawn(app)
        await press(pilot, "tab", "down", "enter")
        assert isinstance(app.screen, ItemsScreen)


async def test_undefined_is_said_with_the_reason(empty_path: Path, make_app: MakeApp) -> None:
    db = open_store(empty_path)
    for i in range(3):
        pair = a_chain(db, (f"prompt {i}", f"bad {i}", "no", f"good {i}")).pair
        for who in ("first", "second"):
            labels.give(db, pair, who, "a", at=AT)
    db.close()
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K")
        told = drawn(app)
        assert kappa_screen(app).header.agreement == "κ –  n 3"
    assert "one and the same verdict" in told


@pytest.mark.parametrize(
    ("who", "says"),
    [(None, "Nobody has labelled anything yet"), ("first", "Only you have labelled so far")],
)
async def test_without_a_comparison_it_says_what_to_do(
    study: Path, make_app: MakeApp, who: str | None, says: str
) -> None:
    if who is not None:
        db = open_store(study)
        labels.give(db, pairs.ordered(db)[0].id, who, "a", at=AT)
        db.close()
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K")
        assert says in drawn(app)
        # a long path goes on in the next row
        offered = f"pairlab --db {app.services.db_path} --as second"
        assert "".join(offered.split()) in "".join(drawn(app).split())
        await press(pilot, "enter", "b", "o", "d", "tab", "down")
        assert app.screen is kappa_screen(app)


async def test_the_reference_gives_the_same_figures(labelled: Path, make_app: MakeApp) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K")
        before = app.agreement.standing
        warm_up()
        assert warm()
        await app.agreement.refresh()
        after = app.agreement.standing
    assert before.agreement is not None
    assert after.agreement is not None
    assert after.agreement.kappa.value == pytest.approx(before.agreement.kappa.value, abs=1e-12)


@pytest.mark.parametrize(("size", "name"), [((80, 24), "narrow"), ((160, 45), "wide")])
async def test_looks_calm(
    labelled: Path, make_app: MakeApp, picture, size: tuple[int, int], name: str
) -> None:
    app = make_app(labelled)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "K")
        await until(pilot, lambda: "left chosen" in drawn(app))
        await settle(pilot)
        picture(app)


async def test_a_judges_certificate_lists_the_pairs_behind_a_figure(
    labelled: Path, rows: Database, make_app: MakeApp
) -> None:
    ids = [str(row[0]) for row in rows.execute("SELECT id FROM pair ORDER BY position")]
    for place, pair in enumerate(ids):
        ask(rows, pair, *((0.9, 0.8) if place < 3 else (0.9, 0.2)))
    app = make_app(labelled)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K", "c")
        await until(pilot, lambda: isinstance(app.screen, CertificateScreen))
        await settle(pilot)
        told = drawn(app)
        assert "it prefers the first place in 100 %" not in told  # three of eight: not sure
        assert "not certified: only 8 pairs have a person's verdict" in told
        certificate = app.screen
        assert isinstance(certificate, CertificateScreen)
        names = [str(option.prompt) for option in certificate.lines.options]
        assert " ".join(names[3].split()) == "the two orders conflict 38 % 14 to 69 8"
        await press(pilot, "down", "down", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ItemsScreen))
        await settle(pilot)
        listed = [n for n in range(8) if f"prompt {n}" in drawn(app)]
        assert listed == [0, 1, 2]
        await press(pilot, "escape", "escape")
        assert app.screen is kappa_screen(app)


async def test_the_useful_order_power_and_the_comparison_are_told(
    labelled: Path, rows: Database, make_app: MakeApp
) -> None:
    settings.set(rows, settings.QUEUE, settings.USEFUL, "first", AT)
    pair = str(rows.execute("SELECT id FROM pair").fetchone()[0])
    ask_judge(rows, pair, 0.9, 0.8, seconds=2)
    app = make_app(labelled)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "K")
        await until(pilot, lambda: "useful pairs come first" in drawn(app))
        assert "random 30 %" in drawn(app)
        assert "more common pairs until the interval is as narrow as .43 to .63" in drawn(app)
        await press(pilot, "h")
        await until(pilot, lambda: "m.gguf (AI)" in drawn(app))
        assert "first place 100 %" in " ".join(drawn(app).split())
        await press(pilot, *["down"] * 4, "enter")
        await until(pilot, lambda: isinstance(app.screen, ItemsScreen))
        await settle(pilot)
        assert "takes the left" in drawn(app)
        assert [n for n in range(8) if f"prompt {n}" in drawn(app)] == [0, 1, 2, 6]
        await press(pilot, "escape", "escape", "L")
        await until(pilot, lambda: "have your verdict" in drawn(app))
        await press(pilot, "left")
        await until(pilot, lambda: "useful first, κ over a random 30 %" in drawn(app))
