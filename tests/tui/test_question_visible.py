"""In every pair the question and the beginning of both answers are on the screen without a key."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from textual.geometry import Size

from store.db.connection import open_store
from store.items import candidates, pairs, prompts
from store.judgements import labels
from store.records import Candidate, Message, Origin, Verdict
from tests.tui.driving import MakeApp, drawn, press, settle
from tests.tui.hostile import HOSTILE
from tests.tui.seed import AT, a_chain
from tests.tui.test_label import label
from tui.dialogs.pair_sheet import PairSheet
from tui.text import clean
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.footer import KeysLine
from tui.widgets.pair_view import PairView
from tui.widgets.reading import ReadingView
from tui.widgets.text_body import TextBody

DATA = Path(
    os.environ.get("PAIRLAB_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
SIZES = [(80, 24), (100, 30), (160, 45)]
SENTENCE = "My doctor says I need them, but I read that they are a scam, so what now? "


class Row(NamedTuple):
    """A conversation and two answers to its last turn."""

    messages: Sequence[Message]
    first: str
    second: str


def hh(limit: int) -> list[Row]:
    """The first conversations of the HH test set."""
    source = DATA / "hh-harmless-base-test.jsonl.gz"
    if not source.exists():
        pytest.skip("the HH pairs are not at hand (PAIRLAB_SHARED_DATA)")
    found = []
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        for line, _ in zip(lines, range(limit), strict=False):
            pair = json.loads(line)
            turns = [re.split(r"\n\n(Human|Assistant): ?", pair[k]) for k in ("chosen", "rejected")]
            messages = [
                Message("user" if who == "Human" else "assistant", text)
                for who, text in zip(turns[0][1:-2:2], turns[0][2:-2:2], strict=True)
            ]
            found.append(Row(messages, turns[0][-1], turns[1][-1]))
    return found


def pandalm(limit: int) -> list[Row]:
    """The first items of the PandaLM test set."""
    source = DATA / "pandalm-testset-v1.json.gz"
    if not source.exists():
        pytest.skip("the PandaLM items are not at hand (PAIRLAB_SHARED_DATA)")
    items = json.loads(gzip.decompress(source.read_bytes()))[:limit]
    return [
        Row(
            [Message("user", f"{item['instruction']}\n\n{item['input']}")],
            str(item["response1"]),  # some are true and false
            str(item["response2"]),
        )
        for item in items
    ]


def made(limit: int) -> list[Row]:
    """Texts of every length, script and shape, by a stored seed."""
    draw = random.Random(11)
    pieces = [
        SENTENCE,
        "word ",
        "「猫」は何匹ですか。",
        "line\n",
        "- a point of a list\n",
        "x" * 90,
    ]
    pieces += [text[:400] for name, text in HOSTILE.items() if name != "surrogate"]

    def text(most: int) -> str:
        return draw.choice(pieces) * draw.choice([1, 2, 5, draw.randint(1, most)])

    return [
        Row(
            [
                Message("user" if at % 2 == 0 else "assistant", text(12))
                for at in range(draw.choice([1, 1, 3, 5, 9]))
            ],
            "Here it begins. " + text(60),
            "And here it does. " + text(60),
        )
        for _ in range(limit)
    ]


def bare(text: str) -> str:
    return "".join(text.split())


def seen(pane: AnswerPane) -> str:
    """What of its text a pane draws now."""
    body = pane.query_one(TextBody)
    lines = [body.render_line(y) for y in range(body.size.height)]
    width = body.size.width - 1  # without the scroll bar
    return "\n".join(line.crop(0, width).text for line in lines)


def rows_of(view: ReadingView, size: Size) -> dict[str, tuple[int, int]]:
    """Rows each pane has and those it needs, by id."""
    return {
        each.widget.id or "": (
            each.region.height,
            view.need(each.widget, each.region.width, size.height),
        )
        for each in view.arranged(size)
    }


def check_rows(view: PairView, size: Size) -> None:
    """Half of the rows for the question, the rest for the answers, none of them wasted."""
    rows = rows_of(view, size)
    prompt, left, right = rows["prompt"], rows["left"], rows["right"]
    assert prompt[0] >= min(prompt[1], size.height // 2)
    for had, needed in (left, right):
        assert had >= min(needed, 4)
    cut = [name for name, (had, needed) in rows.items() if had < needed]
    if view.stacked:
        assert not cut or sum(had for had, _ in rows.values()) == size.height
    elif cut:
        assert prompt[0] + max(left[0], right[0]) + rows.get("alike", (0, 0))[0] == size.height


def check_seen(view: PairView, row: Row) -> None:
    """What is drawn is the beginning of the last question and of both answers."""
    question = seen(view.prompt)
    asked = bare(clean(row.messages[-1].content))
    if len(row.messages) > 1:
        turns = len(row.messages) - 1
        assert f"{turns} earlier turn{'s' * (turns > 1)} (h)" in question
        question = question.partition("User")[2]
    assert asked.startswith(bare(question))
    assert bare(question) or not asked, seen(view.prompt)
    for pane, text in ((view.left, row.first), (view.right, row.second)):
        whole = bare(clean(text))
        shown = bare(seen(pane))
        if whole:
            assert whole.startswith(shown)
            assert shown or clean(text).startswith("\n")
        else:
            assert "This text is" in seen(pane)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rows", [hh, pandalm, made])
async def test_question_and_answers_are_in_sight(
    study: Path, make_app: MakeApp, rows: Callable[[int], list[Row]], size: tuple[int, int]
) -> None:
    found = rows(150) if rows is not made else rows(60)
    app = make_app(study)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "L")
        screen = label(app)
        view = screen.view
        for at, row in enumerate(found):
            view.show_pair(row.messages, row.first, row.second, title=f"Pair {at}")
            check_rows(view, view.size)
            if at % 50 == 0:
                await pilot.pause()
                check_seen(view, row)


async def test_a_long_question_says_that_it_goes_on_and_can_be_read_to_its_end(
    study: Path, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        screen = label(app)
        screen.view.show_pair([Message("user", SENTENCE * 30 + "The end.")], "one " * 400, "two")
        await pilot.pause()
        assert "more ↓" in drawn(app)
        assert "The end." not in seen(screen.prompt)
        await press(pilot, "tab", "end")
        assert "The end." in seen(screen.prompt)


async def test_h_unfolds_the_earlier_turns_at_the_last_one_and_folds_them_again(
    empty_path: Path, make_app: MakeApp
) -> None:
    db = open_store(empty_path)
    turns = [
        Message("system", "Be brief."),
        Message("user", "First question."),
        Message("assistant", "A line of an answer.\n" * 30),
        Message("user", "The last question, which counts."),
    ]
    prompt, _ = prompts.add(db, turns, category="helpful", source="test", at=AT)
    a, b = (
        candidates.add(
            db, Candidate(prompt_id=prompt, origin=Origin.IMPORTED, text=text, created_at=AT)
        )
        for text in ("long answer " * 300, "other answer " * 300)
    )
    pairs.add(db, prompt, a, b, "imported", source="test", at=AT)
    db.close()
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        screen = label(app)
        assert "3 earlier turns (h)" in drawn(app)
        assert screen.check_action("turns", ())
        assert "First question." not in drawn(app)
        await press(pilot, "h")
        assert "The last question, which counts." in seen(screen.prompt)
        assert "earlier turns" not in drawn(app)
        await press(pilot, "tab", "home")
        assert "Be brief." in seen(screen.prompt)
        await press(pilot, "h")
        assert "3 earlier turns (h)" in seen(screen.prompt)


async def test_the_measure_and_the_middle_of_a_very_wide_screen(
    study: Path, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(220, 60)) as pilot:
        await press(pilot, "L")
        screen = label(app)
        view = screen.view
        view.show_pair([Message("user", SENTENCE * 9)], "word " * 300, "other " * 300)
        await pilot.pause()
        for pane in (view.prompt, view.left, view.right):
            assert max(len(line.strip()) for line in seen(pane).split("\n")) in range(80, 89)
        assert view.left.region.x == 220 - view.right.region.right
        assert view.left.region.x > 10


async def test_side_words_follow_how_the_answers_stand(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        screen = label(app)
        assert (screen.left.title, screen.right.title) == ("1 Upper", "2 Lower")
        assert "Upper" in app.screen.query_one(KeysLine).render().plain
        assert "Left" not in drawn(app)
        await press(pilot, "question_mark")
        assert "the upper one is better" in drawn(app)
        await press(pilot, "escape", "2", "left")
        assert screen.prompt.title == "Pair 1 of 3 · your verdict: lower"
        await pilot.resize_terminal(140, 40)
        await settle(pilot)
        assert (screen.left.title, screen.right.title) == ("1 Left", "2 Right")
        assert screen.prompt.title == "Pair 1 of 3 · your verdict: right"
        assert "Left" in app.screen.query_one(KeysLine).render().plain


@pytest.mark.parametrize("mode", ["R", "L", "J"])
async def test_a_screen_without_a_row_for_each_text_takes_no_verdict_and_says_why(
    study: Path, make_app: MakeApp, mode: str
) -> None:
    db = open_store(study)
    (pair,) = db.execute("SELECT id FROM pair LIMIT 1").fetchone()
    labels.give(db, pair, "first", Verdict.A, at=AT)
    labels.give(db, pair, "second", Verdict.B, at=AT)
    app = make_app(study, annotator="third")
    async with app.run_test(size=(80, 8)) as pilot:
        await settle(pilot)
        await press(pilot, *([mode] if mode != "R" else []))
        assert "Too small to show both answers" in drawn(app)
        events = db.execute("SELECT count(*) FROM event").fetchone()  # J tells that it was opened
        await press(pilot, "1", "2", "equals_sign", "b", "a", "x")
        assert db.execute("SELECT count(*) FROM event").fetchone() == events
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "Too small" not in drawn(app)
        await press(pilot, {"R": "a", "L": "1", "J": "1"}[mode])
        if mode == "J":
            await press(pilot, "enter", "y", "enter")
    assert db.execute("SELECT count(*) FROM event").fetchone() > events
    db.close()


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("", "text", "This text is empty."),
        (" \n\t ", "text", "This text is blank: 4 white-space characters."),
        ("\u200b\u2060 \ufeff", "text", "This text is invisible"),
        ("same", "same", "The answers are the same text."),
        ("a  b\n", "a b", "The answers differ only in white space."),
        ("caf\u00e9", "cafe\u0301", "The answers differ only in Unicode normalisation."),
        ("a\u200bb", "ab", "The answers differ only in invisible characters."),
        ("a\u200b  \u00e9", "a e\u0301", "differ only in white space, Unicode normalisation or"),
    ],
)
async def test_what_cannot_be_seen_is_said(
    study: Path, make_app: MakeApp, first: str, second: str, words: str
) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        screen = label(app)
        screen.view.show_pair([Message("user", "q")], first, second)
        await pilot.pause()
        assert words in drawn(app)
        screen.view.show_pair([Message("user", "q")], "one", "two")
        await pilot.pause()
        assert words not in drawn(app)


@pytest.mark.parametrize("size", SIZES)
async def test_revise_and_judge_and_a_listed_pair_show_the_question_too(
    empty_path: Path, make_app: MakeApp, size: tuple[int, int]
) -> None:
    db = open_store(empty_path)
    question = "A long story first. " * 40 + "What is a pipe?"
    chain = a_chain(db, (question, "answer " * 400, "critique " * 100, "revision " * 400))
    labels.give(db, chain.pair, "first", Verdict.A, at=AT)
    labels.give(db, chain.pair, "second", Verdict.B, at=AT)
    text = pairs.text(db, chain.pair)
    db.close()
    app = make_app(empty_path)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for mode in ("R", "J"):
            if mode == "J":
                await press(pilot, mode)
            for view in app.screen.query(ReadingView):
                rows = rows_of(view, view.size)
                assert rows["prompt"][0] >= min(rows["prompt"][1], view.size.height // 2)
                assert all(had >= 2 for had, _ in rows.values() if had)
            assert "A long story first." in drawn(app)
        await app.push_screen(PairSheet("listed", text))
        await settle(pilot)
        assert "A long story first." in drawn(app)
        assert isinstance(app.screen, PairSheet)
        check_rows(app.screen.view, app.screen.view.size)


async def test_the_critique_stands_under_what_it_criticises(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        candidate, critique, revision = (
            app.screen.query_one(f"#{name}") for name in ("candidate", "critique", "revision")
        )
        assert critique.region.x == candidate.region.x
        assert critique.region.y in (candidate.region.bottom, candidate.region.bottom + 1)
        assert revision.region.y == candidate.region.y
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert critique.region.y in (candidate.region.bottom, candidate.region.bottom + 1)
        assert revision.region.y >= critique.region.bottom
