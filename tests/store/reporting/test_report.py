"""The report: figures of a table worked out by hand, rulings, history, names that stay hidden."""

from __future__ import annotations

import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest

from store.errors import BadInput, SealedRound, StoreError
from store.judgements import attributes, guidelines, labels, rulings
from store.reporting import report
from store.rounds import rounds
from tests.store.agreement.evaluation.study import a_study
from tests.store.building import AT
from tests.store.deciding import some_pairs


@pytest.fixture
def study(db):
    """Two people: 3 x (a, a), 2 x (b, b), 1 x (a, b), 1 x (b, tie); one of each alone."""
    guidelines.add_version(db, "Be fair.", "ann", AT)
    guidelines.add_version(db, "Be fair.\n\n```\nand | kind\n```", "bob", AT)
    made = some_pairs(db, 4, "harmful") + some_pairs(db, 5, "helpful")
    said = [*["aa"] * 3, *["bb"] * 2, "ab", "bt"]
    for pair, (first, second) in zip(made, said, strict=False):
        labels.give(db, pair, "ann", first, seconds=10, left="a", at=AT)
        labels.give(db, pair, "bo|b", "tie" if second == "t" else second, left="b", at=AT)
    labels.give(db, made[7], "ann", "a", at=AT)
    labels.give(db, made[8], "bo|b", "b", at=AT)
    rulings.rule(db, made[5], "ann", "b", reason="see *case* 1", cause="guideline_gap", at=AT)
    attributes.state(db, "ann", "language", "German", AT)
    return db, made


def test_figures_rulings_and_history(study):
    db, made = study
    text = report.compose(db)
    # n 7, p_o 5/7, p_e (4*3 + 3*3)/49, kappa (35 - 21)/(49 - 21)
    for line in (
        "| harmful | 4 | 0 | 4 |",
        "| ann | 8 | 0 | 0 | 0 | 10 | 57 % | 1.00 | – | – | language: German |",
        "| pairs with both labels, n | 7 |",
        "| only the first, only the second | 1, 1 |",
        "| kappa | 0.500 |",
        "| observed agreement, p_o | 0.714 |",
        "| agreement by chance, p_e | 0.429 |",
        "| band | weak (too few to tell) |",
        "| ann (rows), bo\\|b (columns) | a | b | tie | both bad | all |",
        "| a | 3 | 1 | 0 | 0 | 4 |",
        "| all | 3 | 3 | 1 | 0 | 7 |",
        "By category:",
        "| harmful | 4 | 1.00 |",
        "Pairs ruled on: 1; causes: guideline gap 1.",
        f"| `{made[5][:12]}` | question 1 of helpful | ann a, bo\\|b b | b | ann | guideline gap |",
        "| - | see \\*case\\* 1 |",
        "| 2 | 2026-01-02 | bob | 16 |",
        "````\nBe fair.\n\n```\nand | kind\n```\n````",
        "8 of 9 pairs are decided",
        "| disagreement | 1 |",
    ):
        assert line in text, line
    assert report.compose(db) == text


def test_pseudonyms_hide_the_names(study):
    db, _ = study
    text = report.compose(db, pseudonyms=True)
    assert "bo\\|b" not in text
    assert "| ann |" not in text
    assert "ann a" not in text
    assert "| A1 (rows), A3 (columns) |" in text


def test_models_stand_apart(study):
    db, made = study
    for pair in made:
        labels.give(db, pair, "ai:judge", "a", at=AT)
    text = report.compose(db)
    assert "### All" not in text
    # ann said a on 5 of the 8 pairs, the model on all: chance explains every agreement
    assert "| ann and ai:judge | 8 | 0.000 |" in text
    assert "| 0.625 |" in text.split("## People and models")[1].split("##")[0]
    assert "| too few |" in text.split("## People and models")[1].split("##")[0]


def test_three_people(study):
    db, made = study
    for pair in made[:3]:
        labels.give(db, pair, "eve", "a", at=AT)
    text = report.compose(db)
    assert "### All 3: ann, bo\\|b, eve" in text
    assert "Kappa is undefined:" in text


def test_a_sealed_round_is_waited_for(study):
    db, made = study
    rounds.create(db, "pilot", made, ["ann", "bo|b"], seed=1, by="ann", at=AT)
    with pytest.raises(SealedRound, match="pilot"):
        report.compose(db)
    rounds.close(db, "pilot", "ann", "bob is ill", AT)
    assert "| pilot | ann, bo\\|b | 9 | 100 % | sealed | closed |" in report.compose(db)


def test_an_empty_project(db):
    text = report.compose(db)
    for line in ("Nobody has labelled yet.", "Nobody has ruled.", "There is no guideline."):
        assert line in text


def test_writing_it(tmp_path):
    out = tmp_path / "r.md"
    report.write("one\n", out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with pytest.raises(StoreError, match="exists"):
        report.write("two\n", out)
    assert out.read_text() == "one\n"
    report.write("two\n", out, force=True)
    assert out.read_text() == "two\n"
    with pytest.raises(StoreError, match="could not be written"):
        report.write("x", tmp_path / "no" / "r.md")
    with pytest.raises(StoreError, match="exists"):
        report.write("x", tmp_path, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.md"]


class Page(HTMLParser):
    """What a browser would find: open elements, cells and texts, and whatever asks for more."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.texts: list[str] = []
        self.asks: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.asks += [each for each in attrs if each[0] in {"src", "href", "xlink:href", "onload"}]
        if tag not in {"meta", "br", "hr"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_holds_all_of_it_and_asks_for_nothing(study):
    db, made = study
    evil = '<script src="https://example.com/x.js">1</script> ![x](https://example.com) <b>'
    guidelines.add_version(db, f"{evil}\n\n<svg onload=x>", "<i>eve", AT)
    attributes.state(db, "ann", "field", evil, AT)
    rulings.rule(db, made[6], "ann", "b", reason=f"<svg onload=x> [a](javascript:x) {evil}", at=AT)
    text = report.compose(db, form=report.form_of(Path("r.HTML")))
    page = Page(text)
    assert page.open == []
    assert page.seen.isdisjoint({"script", "img", "a", "link", "iframe", "b", "i"})
    assert page.asks == []
    assert "url(" not in text
    assert "@import" not in text
    for told in ("bo|b", "0.714", "weak (too few to tell)", "By category:", "<i>eve"):
        assert told in page.texts
    assert any(evil in each for each in page.texts)
    assert any("<svg onload=x>" in each for each in page.texts)


def test_a_page_draws_the_pictures(db):
    a_study(db)
    page = Page(report.compose(db, form=report.DocumentForm.HTML))
    assert {"svg", "circle", "table", "h2"} <= page.seen
    assert "harmless" in page.texts


@pytest.mark.parametrize("name", ["report", "report.pdf", "report.md.txt", ".html"])
def test_another_ending_is_refused(name):
    with pytest.raises(BadInput, match=r"\.md writes Markdown, \.html a page"):
        report.form_of(Path(name))
