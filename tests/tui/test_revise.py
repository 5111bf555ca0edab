from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database
from textual.events import Key

from engine.method.events import Failed, PlanProgress, Stored
from engine.scripted import ScriptedEngine
from store.db.connection import open_store
from store.items import candidates, pairs, prompts
from store.judgements import decisions, labels
from store.records import Candidate, Choice, Origin
from store.rounds import queue
from store.views import worked
from tests.tui.driving import (
    MakeApp,
    StandInRunner,
    Watch,
    drawn,
    growing,
    press,
    revise,
    settle,
    until,
)
from tests.tui.seed import (
    AT,
    MOON,
    PROCESS,
    STATINS,
    a_chain,
    a_generation,
    a_prompt,
    a_run,
    add_round,
)
from tui.key_repeat import InputClock
from tui.widgets.footer import shown_keys


def chosen(rows: Database) -> dict[str, Choice]:
    """All decisions: the revision's text, the choice."""
    return {candidates.get(rows, d.revision_id).text: d.choice for d in decisions.ordered(rows)}


async def test_shows_the_first_chain_and_decides_with_single_keys(
    study: Path, rows: Database, make_app: MakeApp, watch: Watch
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        screen = revise(app)
        assert screen.prompt.text == PROCESS[0]
        assert screen.prompt.title == "Prompt 1 of 3 · benign look-alike"
        assert screen.chain.candidate.text == PROCESS[1]
        assert screen.chain.critique.text == PROCESS[2]
        assert PROCESS[3] in screen.chain.revision.text
        watch.now += 12.5
        await press(pilot, "a")
        assert screen.prompt.text == MOON[0]
        await press(pilot, "x")
        assert screen.prompt.text == STATINS[0]
        assert screen.status.told == "prompt 2 rejected"
    assert chosen(rows) == {PROCESS[3]: Choice.ACCEPT, MOON[3]: Choice.REJECT}
    assert sorted(d.seconds or 0 for d in decisions.ordered(rows)) == [0.0, 12.5]


async def test_undo_brings_the_item_and_the_rows_back(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "a", "x", "u")
        assert revise(app).prompt.text == MOON[0]
        assert revise(app).status.told == "undone: reject"
        assert chosen(rows) == {PROCESS[3]: Choice.ACCEPT}
        await press(pilot, "u", "u")
        assert revise(app).prompt.text == PROCESS[0]
        assert revise(app).status.told == "nothing to undo"
    assert chosen(rows) == {}


async def test_edit_in_place_is_a_candidate_of_its_own(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "e", "N", "o", "w", "space", "escape")
        assert chosen(rows) == {}
        assert revise(app).chain.revision.display
        await press(pilot, "e", "colon", "space", "ctrl+s")
        assert revise(app).prompt.text == MOON[0]
    (decision,) = decisions.ordered(rows)
    assert decision.choice is Choice.EDIT
    edited = candidates.get(rows, decision.edited_id or "")
    assert sorted(edited.text) == sorted("Now : " + PROCESS[3])
    assert edited.origin is Origin.EDITED
    assert edited.author == "first"


async def test_an_unchanged_edit_accepts_and_an_empty_one_is_refused(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "e", "ctrl+s")
        assert chosen(rows) == {PROCESS[3]: Choice.ACCEPT}
        await press(pilot, "e", "f7", "delete", "ctrl+s")
        assert "empty" in revise(app).status.told
        assert revise(app).chain.editor.display
    assert len(chosen(rows)) == 1


async def test_letters_stay_letters_wherever_the_mouse_clicks(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "e")
        await pilot.click("#candidate")
        await press(pilot, "a", "x", "tab", "space", "2", "u", "escape")
        assert not revise(app).chain.editor.display
        await press(pilot, "e")
        await pilot.click("#candidate")
        await press(pilot, "escape")
        assert not revise(app).chain.editor.display
        await press(pilot, "e", "ctrl+s")
    (decision,) = decisions.ordered(rows)
    assert candidates.get(rows, decision.edited_id or "").text == "ax 2u" + PROCESS[3]


async def test_skip_goes_on_and_the_next_start_resumes_behind_it(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "space")
        assert revise(app).prompt.text == MOON[0]
    again = make_app(study)
    async with again.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        assert revise(again).prompt.text == MOON[0]
        await press(pilot, "a", "a")
        assert revise(again).prompt.text == PROCESS[0]
    assert len(chosen(rows)) == 2


async def test_original_and_diff(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        chain = revise(app).chain
        assert chain.revision.text == PROCESS[3]
        assert "rewritten" in drawn(app)
        await press(pilot, "d")
        assert PROCESS[1] in chain.revision.text
        assert PROCESS[3] in chain.revision.text
        await press(pilot, "o")
        assert (chain.revision.title, chain.revision.text) == ("Original", PROCESS[1])
        assert revise(app).check_action("decide", ("accept",)) is None
        await press(pilot, "o", "d")
        assert chain.revision.text == PROCESS[3]
        await press(pilot, "d", "d", "space")
        assert "Yes" in chain.revision.text  # what can be read as a change is one again
        assert "No" in chain.revision.text
        assert "rewritten" not in drawn(app)


async def test_every_round_can_be_looked_at_and_decided_on(
    empty_path: Path, make_app: MakeApp
) -> None:
    rows = open_store(empty_path)
    run = a_run(rows)
    made = a_chain(rows, MOON, run=run)
    add_round(rows, made.revision, "still too sure", "Better still.", run=run)
    app = make_app(empty_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        chain = revise(app).chain
        assert chain.revision.title == "Revision · round 2 of 2"
        assert chain.critique.text == "still too sure"
        await press(pilot, "o", "o", "d")
        assert chain.revision.title == "Revision · round 1 of 2"
        assert chain.critique.text == MOON[2]
        assert chain.revision.text == MOON[3]
        await press(pilot, "a")
    assert chosen(rows) == {MOON[3]: Choice.ACCEPT}
    rows.close()


async def test_a_key_typed_before_the_item_was_painted_decides_nothing(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study, input_clock=InputClock())
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        early = Key("a", "a")
        await press(pilot, "a")
        app.post_message(early)
        await settle(pilot)
        assert revise(app).prompt.text == MOON[0]
    assert len(chosen(rows)) == 1


async def test_two_keys_at_once_decide_once(study: Path, rows: Database, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        for _ in range(3):
            app.post_message(Key("a", "a"))
        await settle(pilot)
    assert len(chosen(rows)) == 1


async def test_note_and_flag_of_this_annotator(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        item = revise(app).item_id or ""
        await press(pilot, "f", "m", "o", "d", "d", "enter")
        assert labels.flagged(rows, item)
        assert labels.notes(rows, item) == {"first": "odd"}
        assert revise(app).prompt.text == PROCESS[0]
        assert revise(app).prompt.title.endswith("flagged · noted")
        await press(pilot, "m", "x", "escape", "f")
        assert labels.notes(rows, item) == {"first": "odd"}
        assert not labels.flagged(rows, item)


async def test_origin_tells_model_seed_and_principle(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "i")
        shown = drawn(app)
        for words in (
            "tiny.gguf",
            "ab" * 8 + "…",
            "seed 7",
            "harmlessness",
            "H1",
            "benign look-alike",
        ):
            assert words in shown
        assert "max tokens 256, temperature .7" in shown
        assert "12 tokens in 0 s, ended by itself" in shown
        assert shown.count("ab" * 8 + "…") == 1  # one model wrote it all, and is named once
        assert "None" not in shown


class Live:
    """A project with one prompt, an engine without a model and a runner on strings."""

    def __init__(self, path: Path, make_app: MakeApp) -> None:
        self.rows = open_store(path)
        self.runner = StandInRunner()
        self.prompt = a_prompt(self.rows, MOON[0], "sycophancy")
        self.app = make_app(path, engine=ScriptedEngine(), runner=self.runner)

    def propose(self) -> str:
        """The candidate is on disk."""
        run = a_run(self.rows)
        made = a_generation(self.rows, run, "propose", MOON[1], 1.1)
        return candidates.add(
            self.rows,
            Candidate(
                prompt_id=self.prompt,
                origin=Origin.PROPOSED,
                text=MOON[1],
                author="tiny.gguf",
                generation_id=made,
                created_at=AT,
            ),
        )

    def revise(self, original: str, text: str = MOON[3], at: str = AT) -> str:
        """Critique and revision are on disk."""
        return add_round(self.rows, original, MOON[2], text, run=a_run(self.rows), at=at)


async def test_texts_stream_in_and_the_stored_one_counts(
    empty_path: Path, make_app: MakeApp
) -> None:
    live = Live(empty_path, make_app)
    async with live.app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        screen = revise(live.app)
        assert screen.item is None
        live.runner.say(growing(live.prompt, None, "propose", "Yes, the moon"))
        await settle(pilot)
        assert screen.prompt.text == MOON[0]
        assert screen.chain.candidate.text.startswith("Yes, the moon")
        original = live.propose()
        live.runner.say(Stored(live.prompt, None, "propose"))
        await settle(pilot)
        assert screen.chain.candidate.text == MOON[1]
        size = screen.chain.revision.size
        live.runner.say(growing(live.prompt, original, "critique", "The answer"))
        live.runner.say(growing(live.prompt, original, "revise", "No, the"))
        await settle(pilot)
        assert screen.chain.critique.text.startswith("The answer")
        assert screen.chain.revision.text.startswith("No, the")
        assert screen.chain.revision.size == size
        live.revise(original)
        live.runner.say(Stored(live.prompt, original, "revise"))
        await settle(pilot)
        assert MOON[3].split(",")[-1] in screen.chain.revision.text
        assert screen.writing is None
    live.rows.close()


async def test_a_decision_while_the_model_writes_waits_for_the_end(
    empty_path: Path, make_app: MakeApp
) -> None:
    live = Live(empty_path, make_app)
    async with live.app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        original = live.propose()
        live.runner.say(growing(live.prompt, original, "revise", "No"))
        await settle(pilot)
        await press(pilot, "a", "u", "a")
        assert chosen(live.rows) == {}
        live.revise(original)
        live.runner.say(Stored(live.prompt, original, "revise"))
        await settle(pilot)
        assert chosen(live.rows) == {MOON[3]: Choice.ACCEPT}
        assert queue.revise_next(live.rows, "first") is None
    live.rows.close()


async def test_another_items_text_never_shows(empty_path: Path, make_app: MakeApp) -> None:
    live = Live(empty_path, make_app)
    original = live.propose()
    live.revise(original)
    other = a_prompt(live.rows, "another question")
    async with live.app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        before = revise(live.app).chain.revision.text
        live.runner.say(growing(other, None, "propose", "not this one"))
        live.runner.say(growing(other, "0" * 64, "revise", "nor this"))
        await settle(pilot)
        assert "not this" not in drawn(live.app)
        assert revise(live.app).chain.revision.text == before
    live.rows.close()


async def test_again_another_round_and_a_chosen_principle(
    empty_path: Path, make_app: MakeApp
) -> None:
    live = Live(empty_path, make_app)
    original = live.propose()
    live.revise(original)
    async with live.app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "r")
        assert live.runner.asked[-1] == ("again", original, None)
        assert revise(live.app).chain.revision.text == ""
        live.revise(original, "Anew.", at=AT.replace("2026", "2027"))
        live.runner.say(Stored(live.prompt, original, "revise"))
        live.runner.answered.set()
        await settle(pilot)
        await press(pilot, "n")
        assert live.runner.asked[-1] == ("another_round", original)
        live.runner.say(Failed(live.prompt, "the model wrote nothing that could be used"))
        await settle(pilot)
        assert "nothing that could be used" in drawn(live.app)
        live.runner.answered.set()
        await settle(pilot)
        assert "Anew." in revise(live.app).chain.revision.text
        await press(pilot, "p", "enter")
        asked, about, principle = live.runner.asked[-1]
        assert (asked, about) == ("again", original)
        assert principle == live.runner.plan.constitution.principles[1].id
    live.rows.close()


async def test_progress_is_told(empty_path: Path, make_app: MakeApp) -> None:
    live = Live(empty_path, make_app)
    async with live.app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        assert live.runner.started
        live.runner.say(PlanProgress(0, 1, 0, 61.0, 2400.0))
        await settle(pilot)
        assert "0 ready" in revise(live.app).status.doing
    assert not live.runner.started
    live.rows.close()


async def test_an_empty_project_says_what_to_do(empty_path: Path, make_app: MakeApp) -> None:
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "import" in drawn(app)
        assert "adds the starter set" in drawn(app)
        await press(pilot, "a", "x", "space", "e", "d")
        assert revise(app).item is None


async def test_without_a_model_the_reason_is_told(empty_path: Path, make_app: MakeApp) -> None:
    rows = open_store(empty_path)
    a_prompt(rows, "a question")
    assert prompts.count(rows) == 1
    rows.close()
    app = make_app(empty_path, no_model="No model was found; get one with: make starter")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "No model was found" in drawn(app)
        assert "Again" not in drawn(app)


async def test_prompts_imported_elsewhere_come_by_themselves(
    empty_path: Path, make_app: MakeApp
) -> None:
    runner = StandInRunner()
    app = make_app(empty_path, look_every=0.02, engine=ScriptedEngine(), runner=runner)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await until(pilot, lambda: app.session.version is not None)
        rows = open_store(empty_path)
        a_chain(rows, PROCESS)
        rows.close()
        await until(pilot, lambda: revise(app).item is not None)
        await settle(pilot)
        assert revise(app).prompt.text == PROCESS[0]
        assert ("wake",) in runner.asked


async def test_a_revision_without_a_critique_says_so(empty_path: Path, make_app: MakeApp) -> None:
    rows = open_store(empty_path)
    prompt = a_prompt(rows, "a question")
    made = Candidate(prompt_id=prompt, origin=Origin.PROPOSED, text="an answer", created_at=AT)
    original = candidates.add(rows, made)
    candidates.add(
        rows,
        replace(made, origin=Origin.REVISION, text="a better one", parent_id=original, round=1),
    )
    rows.close()
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Critique · none" in drawn(app)
        assert "Revised without a critique" in drawn(app)
        await press(pilot, "i")
        assert "none: revised without a critique" in drawn(app)


async def test_every_answer_of_the_prompt_is_reached_revised_and_paired(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    prompt = prompts.at_place(rows, 1)
    assert prompt is not None
    run = a_run(rows)
    for slot, text in enumerate(("A second answer.", "a loop " * 40), 1):
        made = Candidate(
            prompt_id=prompt,
            origin=Origin.PROPOSED,
            text=text,
            generation_id=a_generation(rows, run, "propose", text, 0.9),
            slot=slot,
            created_at=AT,
        )
        candidates.add(rows, made)
    runner = StandInRunner()
    app = make_app(study, runner=runner)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        screen = revise(app)
        await press(pilot, "t", "right_square_bracket")
        assert screen.chain.candidate.text == "A second answer."
        assert screen.chain.candidate.title == "Candidate 2 of 4 · T 0.9"
        assert screen.prompt.title.endswith("· answer 1, round 1 marked")
        await press(pilot, "t")
        assert screen.status.told == "pair 4 made"
        pair = pairs.ordered(rows)[-1]
        assert {pairs.text(rows, pair.id).a, pairs.text(rows, pair.id).b} == {
            PROCESS[3],
            "A second answer.",
        }
        await press(pilot, "u")
        assert screen.status.told == "undone: the pair; nobody is asked to label it"
        assert queue.total(rows) == 3
        await press(pilot, "t", "u")
        assert screen.status.told == "mark taken away"
        await press(pilot, "t", "right_square_bracket", "t")
        assert screen.status.told == "not paired: an answer loops or holds chat-template text"
        await press(pilot, "right_square_bracket")
        assert screen.chain.candidate.text == PROCESS[1]
        await press(pilot, "left_square_bracket", "left_square_bracket", "n")
        second = candidates.of_prompt(rows, prompt)[2].id
        assert runner.asked[-1] == ("another_round", second)
        runner.answered.set()
        await until(pilot, lambda: screen.writing is None)
    assert pairs.count(rows) == 4


async def test_an_own_answer_waits_for_no_model(empty_path: Path, make_app: MakeApp) -> None:
    rows = open_store(empty_path)
    prompt = a_prompt(rows, "Why is the sky blue?")
    bad = Candidate(
        prompt_id=prompt, origin=Origin.PROPOSED, text="It is not.", author="m", created_at=AT
    )
    original = candidates.add(rows, bad)
    runner = StandInRunner()
    app = make_app(empty_path, engine=ScriptedEngine(), runner=runner)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: runner.started)
        runner.say(growing(prompt, original, "critique", "It denies"))
        await until(pilot, lambda: revise(app).writing == "critique")
        await press(pilot, "w", "L", "i", "g", "h", "t")
        runner.say(growing(prompt, original, "critique", "It denies what everybody sees"))
        await settle(pilot)
        await press(pilot, "escape", "w", "ctrl+s")
        assert "your answer is kept, in 1 pair" in drawn(app)
    own = next(c for c in candidates.of_prompt(rows, prompt) if c.origin is Origin.EDITED)
    assert (own.text, own.parent_id, own.author) == ("Light", original, "first")
    rows.close()


async def test_free_rows_tell_what_comes_next_and_how_far_it_is(
    study: Path, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        lines = drawn(app).split("\n")
        moon = next(line for line in lines if "moon landing" in line)
        assert moon.split()[:2] == ["next", "2"]
        assert moon.rstrip().endswith("ready")
        await press(pilot, "a", "u")
        await pilot.resize_terminal(80, 14)
        await settle(pilot)
        assert "next " not in drawn(app)


async def test_what_the_model_thought_is_counted_dim_and_folded(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    with rows.conn:
        run = a_run(rows)
        prompt = a_prompt(rows, "Why?")
        made = a_generation(rows, run, "propose", "Because.", 1.0, reasoning="I ought to be brief")
        thought_of = candidates.add(
            rows,
            Candidate(
                prompt_id=prompt,
                origin=Origin.PROPOSED,
                text="Because.",
                generation_id=made,
                created_at=AT,
            ),
        )
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        candidate = revise(app).chain.candidate
        await press(pilot, "y")
        assert candidate.text == PROCESS[1]
        await revise(app).go_to(thought_of)
        await settle(pilot)
        assert candidate.text == "Because."
        assert "thought 5 words" in drawn(app)
        await press(pilot, "y")
        assert candidate.text == "I ought to be brief\n\nBecause."
        await press(pilot, "y")
        assert candidate.text == "Because."


async def test_a_text_of_ones_own_has_half_of_a_low_screen(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "w")
        view = revise(app).chain
        assert view.editor.size.height >= view.size.height // 2 - 1


async def test_the_end_without_a_model_says_what_was_decided(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "a", "a")
        assert [each.state for each in worked.upcoming(rows, "first", 0, 5)] == ["ready"]
        await press(pilot, "x")
        assert "Every revision has been decided on: 2 accepted, 1 rejected." in drawn(app)
        enabled = {key for key, _, works in shown_keys(app.screen) if works}
        assert not {"v", "s", "a"} & enabled
