"""What lies on the disk afterwards: bytes, splits, card, manifest, and nothing after a failure."""

from __future__ import annotations

import hashlib
import json
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.agreement import kappa
from store.errors import StoreError
from store.exporting import FORMATS, UsageProblem, split, summaries, write
from store.items import pairs, runs
from store.judgements import decisions, guidelines, labels, rulings
from store.records import Candidate, Generation, Message, Run
from tests.store.building import AT, a_chain
from tests.store.exporting_study import labelled, pair, planned

TALK = [Message("user", "hello"), Message("assistant", "hi"), Message("user", "why\u2028so?")]
OTHERS = sorted(set(FORMATS) - {"triplets", "sft", "icai", "ranked", "audit"})


@pytest.fixture
def study(db):
    """Twelve prompts with two labelled pairs each."""
    for n in range(12):
        for external_id in "12":
            labelled(db, f"question {n}", f"good {external_id}", "poor", external_id=external_id)
    return db


def lines(path):
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_triplets_line_by_line(db, tmp_path):
    labelled(db, 'say "ä\u2028\u0085 <b>"\n', "first\n\tline", "两")
    out = tmp_path / "out.jsonl"
    done = write(planned(db), out)
    assert (
        out.read_bytes()
        == (
            '{"prompt": "say \\"ä\\u2028\\u0085 <b>\\"\\n", "chosen": "first\\n\\tline",'
            ' "rejected": "两"}\n'
        ).encode()
    )
    assert done.rows == 1
    assert done.files["out.jsonl"].sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_json_is_one_list(db, tmp_path):
    write(planned(db), tmp_path / "none.json")
    assert json.loads((tmp_path / "none.json").read_text()) == []
    labelled(db, "one")
    labelled(db, "two")
    assert write(planned(db), tmp_path / "two.json").rows == 2
    assert [row["prompt"] for row in json.loads((tmp_path / "two.json").read_text())] == [
        "one",
        "two",
    ]


EXPECTED = {
    "trl": [
        {
            "prompt": [m._asdict() for m in TALK],
            "chosen": [{"role": "assistant", "content": "good"}],
            "rejected": [{"role": "assistant", "content": "poor"}],
        }
    ],
    "kto": [
        {
            "prompt": [m._asdict() for m in TALK],
            "completion": [{"role": "assistant", "content": text}],
            "label": label,
        }
        for text, label in (("good", True), ("poor", False))
    ],
    "reward": [
        {
            side: [*(m._asdict() for m in TALK), {"role": "assistant", "content": text}]
            for side, text in (("chosen", "good"), ("rejected", "poor"))
        }
    ],
    "hh": [
        {
            side: "\n\nHuman: hello\n\nAssistant: hi\n\nHuman: why\u2028so?\n\nAssistant: " + text
            for side, text in (("chosen", "good"), ("rejected", "poor"))
        }
    ],
    "openai": [
        {
            "input": {
                "messages": [m._asdict() for m in TALK],
                "tools": [],
                "parallel_tool_calls": True,
            },
            "preferred_output": [{"role": "assistant", "content": "good"}],
            "non_preferred_output": [{"role": "assistant", "content": "poor"}],
        }
    ],
    "axolotl": [
        {
            "messages": [m._asdict() for m in TALK],
            "chosen": {"role": "assistant", "content": "good"},
            "rejected": {"role": "assistant", "content": "poor"},
        }
    ],
    "llama-factory": [
        {
            "conversations": [
                {"from": "human", "value": "hello"},
                {"from": "gpt", "value": "hi"},
                {"from": "human", "value": "why\u2028so?"},
            ],
            "chosen": {"from": "gpt", "value": "good"},
            "rejected": {"from": "gpt", "value": "poor"},
            "system": "",
        }
    ],
    "rationale": [
        {
            "prompt": [m._asdict() for m in TALK],
            "chosen": [{"role": "assistant", "content": "good"}],
            "rejected": [{"role": "assistant", "content": "poor"}],
            "rationale": "",
            "rationale_by": [],
            "basis": "labels",
        }
    ],
    "openrlhf": [
        {
            "prompt": [m._asdict() for m in TALK],
            "chosen": [{"role": "assistant", "content": "good"}],
            "rejected": [{"role": "assistant", "content": "poor"}],
        }
    ],
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_formats(db, tmp_path, name):
    labelled(db, TALK, "good", "poor")
    write(planned(db, format=name), tmp_path / "out.jsonl")
    found = lines(tmp_path / "out.jsonl")
    if name == "ultrafeedback":
        assert found[0]["messages"] == found[0]["chosen"] == EXPECTED["reward"][0]["chosen"]
        assert found[0]["rejected"] == EXPECTED["reward"][0]["rejected"]
        assert (found[0]["prompt"], found[0]["score_chosen"]) == ("why\u2028so?", 1.0)
    else:
        assert found == EXPECTED[name]


def test_icai_is_one_document_with_every_annotator(db, tmp_path):
    made = labelled(db, TALK, "good", "poor")
    labels.give(db, made, "bob", "skip", at=AT)
    labels.give(db, made, "ai:judge", "b", at=AT)
    write(planned(db, format="icai"), tmp_path / "out.json")
    document = json.loads((tmp_path / "out.json").read_text())
    (comparison,) = document["comparisons"]
    assert comparison["annotations"] == {
        "pairlab": {"pref": "a"},
        "ann": {"pref": "a"},
        "bob": {"pref": None, "no_pref_reason": "skip"},
        "ai:judge": {"pref": "b"},
    }
    assert comparison["response_b"]["text"] == "poor"
    assert {name: a["type"] for name, a in document["annotators"].items()} == {
        "pairlab": "human",
        "ai:judge": "ai",
        "ann": "human",
        "bob": "human",
    }
    write(planned(db, format="icai"), tmp_path / "folder")
    assert json.loads((tmp_path / "folder" / "train.json").read_text()) == document
    with pytest.raises(UsageProblem, match=r"name OUT \.json"):
        write(planned(db, format="icai"), tmp_path / "out.jsonl")


def test_sft_says_a_chosen_answer_once(db, tmp_path):
    labelled(db, "why?", "good", "poor")
    labelled(db, "why?", "good", "worse")
    write(planned(db, format="sft"), tmp_path / "out.jsonl")
    assert lines(tmp_path / "out.jsonl") == [
        {
            "messages": [
                {"role": "user", "content": "why?"},
                {"role": "assistant", "content": "good"},
            ]
        }
    ]


def test_a_folder_has_splits_card_and_manifest(study, tmp_path):
    flagged = labelled(study, "odd one")
    labels.flag(study, flagged, "eve", on=True, at=AT)
    out = tmp_path / "out"
    write(planned(study, split=(0.5, 0.25, 0.25), allow={"duplicate"}), out)
    assert sorted(bytes_of(out)) == [
        "README.md",
        "manifest.json",
        "test.jsonl",
        "train.jsonl",
        "validation.jsonl",
    ]
    splits = {path.stem: lines(path) for path in out.glob("*.jsonl")}
    assert {name: len(rows) for name, rows in splits.items()} == {
        "train": 12,
        "validation": 6,
        "test": 6,
    }
    prompts = {name: {row["prompt"] for row in rows} for name, rows in splits.items()}
    assert not prompts["train"] & prompts["test"]
    assert not prompts["train"] & prompts["validation"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["excluded"] == {"flagged": 1}
    assert manifest["excluded_pairs"] == {"flagged": [flagged]}
    assert (manifest["pairs"], manifest["exported"], manifest["rows"]) == (25, 24, 24)
    for name, file in manifest["files"].items():
        data = (out / name).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert file["bytes"] == len(data)
        assert file["rows"] == data.count(b"\n")


def test_the_same_project_gives_the_same_bytes(study, tmp_path):
    for name in ("one", "two"):
        write(planned(study, format="audit"), tmp_path / f"{name}-audit")
        write(planned(study), tmp_path / name)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    assert bytes_of(tmp_path / "one-audit") == bytes_of(tmp_path / "two-audit")
    write(planned(study, seed=7), tmp_path / "three")
    assert bytes_of(tmp_path / "one") != bytes_of(tmp_path / "three")


def test_a_split_without_rows_has_no_file(db, tmp_path):
    labelled(db, "only one")
    write(planned(db), tmp_path / "one")
    assert [path.name for path in (tmp_path / "one").glob("*.jsonl")] == ["train.jsonl"]
    write(planned(db, split=(0.0, 0.0, 1.0)), tmp_path / "two")
    assert len(lines(tmp_path / "two" / "test.jsonl")) == 1


GROUPS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=40)
SHARES = st.sampled_from(
    [(0.9, 0.05, 0.05), (0.5, 0.25, 0.25), (1.0, 0.0, 0.0), (0.8, 0.0, 0.2), (0.0, 0.0, 1.0)]
)


@given(GROUPS, SHARES, st.integers(0, 99))
def test_no_prompt_is_in_two_splits(groups, shares, seed):
    places = split.assign(groups, shares, seed)
    assert len(set(zip(groups, places, strict=True))) == len(set(groups))
    wanted = {
        name for name, share in zip(("train", "validation", "test"), shares, strict=True) if share
    }
    assert set(places) <= wanted
    if len(set(groups)) >= 3:
        assert set(places) == wanted
    assert places == split.assign(groups, shares, seed)


def test_prompts_that_differ_in_case_and_space_only_stay_together():
    one, two, three = ([Message("user", text)] for text in ("Why so?", " why\nSO?", "why not?"))
    assert split.group(one) == split.group(two) != split.group(three)


@pytest.mark.parametrize("name", ["out", "out.jsonl"])
def test_what_is_there_is_kept_unless_force(study, tmp_path, name):
    out = tmp_path / name
    write(planned(study), out)
    before = bytes_of(out) if out.is_dir() else out.read_bytes()
    labelled(study, "one more")
    with pytest.raises(StoreError, match="--force"):
        write(planned(study), out)
    assert (bytes_of(out) if out.is_dir() else out.read_bytes()) == before
    write(planned(study, force=True), out)
    assert (bytes_of(out) if out.is_dir() else out.read_bytes()) != before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_force_never_replaces_what_is_no_export(study, tmp_path):
    holiday = tmp_path / "pictures"
    holiday.mkdir()
    (holiday / "beach.png").write_bytes(b"png")
    (tmp_path / "file").write_text("text")
    (tmp_path / "folder.jsonl").mkdir()
    for name in ("pictures", "file", "folder.jsonl"):
        with pytest.raises(StoreError, match=r"left as it is|is a folder"):
            write(planned(study, force=True), tmp_path / name)
    assert (holiday / "beach.png").read_bytes() == b"png"
    assert (tmp_path / "file").read_text() == "text"


def test_a_split_needs_a_folder(study, tmp_path):
    with pytest.raises(UsageProblem, match="folder"):
        write(planned(study, split=(0.8, 0.1, 0.1)), tmp_path / "out.jsonl")
    assert list(tmp_path.glob("out*")) == []


@pytest.mark.parametrize("name", ["-", "out.csv", "out.jsonl.gz", "out.CSV"])
def test_a_name_of_a_file_that_is_not_written_is_no_folder(study, tmp_path, name):
    with pytest.raises(UsageProblem, match="name a file that ends in"):
        write(planned(study), tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["out", "out.jsonl"])
@pytest.mark.parametrize("before", [False, True])
def test_a_failing_write_leaves_nothing(study, tmp_path, name, before):
    out = tmp_path / name
    if before:
        write(planned(study), out)
    kept = bytes_of(out) if before and out.is_dir() else None
    listing = sorted(path.name for path in tmp_path.iterdir())

    def fail(done):
        if done == 5:
            raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        write(planned(study, force=True), out, fail)
    assert sorted(path.name for path in tmp_path.iterdir()) == listing
    if kept is not None:
        assert bytes_of(out) == kept


def test_the_old_folder_comes_back_when_the_new_one_cannot_take_its_place(
    study, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    write(planned(study), out)
    kept = bytes_of(out)
    rename = type(out).rename

    def fail_once(self, target):
        if self.name.startswith(".out.") and target == out:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(type(out), "rename", fail_once)
    with pytest.raises(StoreError, match="Input/output"):
        write(planned(study, force=True), out)
    monkeypatch.undo()
    assert bytes_of(out) == kept
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".out")] == []


def test_a_folder_that_is_not_there(study, tmp_path):
    with pytest.raises(StoreError, match="could not be written"):
        write(planned(study), tmp_path / "missing" / "out.jsonl")


def test_the_card(study, tmp_path):
    guidelines.add_version(study, "Be fair.", "ann", AT)
    for n in range(3):
        labels.give(study, pair(study, f"new {n}"), "ann", "a", at=AT)
        labels.give(study, pair(study, f"new {n}"), "bo|b", "tie" if n else "a", at=AT)
    chain = a_chain(study)
    pairs.make_revision_pair(study, chain.original, chain.revisions[0], at=AT)
    decisions.decide(study, chain.revisions[0], "ann", "accept", at=AT)
    write(planned(study), tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    for text in (
        "  - split: train\n    path: train.jsonl\n",
        "26 of 28 pairs went out",
        "| disagreement | 2 |",
        "| ann and bo\\|b | 3 |",
        "too few to tell",
        "- constitution short 1, SHA-256 `",
        "- guideline version 1, SHA-256 `",
        "- ann: 27 labels",
        "1 row rests on one person's decision",
        "applies no chat template",
    ):
        assert text in card, text


def test_audit_has_every_pair_with_all_that_is_behind_it(db, tmp_path):
    chain = a_chain(db, rounds=2)
    run = runs.add_run(
        db,
        Run(
            model="m.gguf",
            model_sha256="ab" * 32,
            backend="scripted",
            chat_template="t",
            settings={"threads": 2},
            seed=3,
            started_at=AT,
        ),
    )
    made, _ = pairs.make_revision_pair(db, chain.original, chain.revisions[1], at=AT)
    labels.give(db, made, "ann", "a", seconds=4.5, left="b", note="hm", at=AT)
    labels.give(db, made, "bob", "b", at=AT)
    labels.give(db, made, "bob", "tie", at=AT)
    labels.flag(db, made, "bob", on=True, at=AT)
    rulings.rule(db, made, "eve", "a", reason="clear", at=AT)
    labelled(db, TALK)
    untouched = pair(db, "never seen")
    plan = planned(db, format="audit")
    write(plan, tmp_path / "audit.jsonl")
    first, second, third = lines(tmp_path / "audit.jsonl")
    assert [row["pair"]["id"] for row in (first, third)] == [made, untouched]
    assert {first["a"]["id"], first["b"]["id"]} == {chain.original, chain.revisions[1]}
    assert [each["id"] for each in first["chain"]] == [chain.revisions[0]]
    revision = first["a"] if first["a"]["origin"] == "revision" else first["b"]
    assert revision["critique"]["principle_id"] == "C1"
    assert revision["critique"]["constitution"]["name"] == "short"
    assert [(each["annotator"], each["verdict"]) for each in first["labels"]] == [
        ("ann", "a"),
        ("bob", "tie"),
    ]
    ann = first["labels"][0]
    assert (ann["seconds"], ann["left_side"], ann["note"]) == (4.5, "b", "hm")
    assert [e["value"]["verdict"] for e in first["label_history"]] == ["a", "b", "tie"]
    assert first["rulings"][0]["value"]["reason"] == "clear"
    assert first["decided"]["basis"] == "ruling"
    assert first["excluded"] == "flagged"
    assert (second["decided"]["verdict"], second["excluded"]) == ("a", None)
    assert (third["decided"]["verdict"], third["excluded"]) == (None, "unlabelled")
    assert run


def test_audit_tells_what_the_model_was_given(db):
    run = runs.add_run(
        db,
        Run(
            model="m.gguf",
            model_sha256="ab" * 32,
            backend="scripted",
            chat_template="t",
            settings={},
            seed=3,
            started_at=AT,
        ),
    )
    generation = runs.add_generation(
        db,
        Generation(
            run_id=run,
            kind="propose",
            rendered="<|user|>why?",
            settings={"temperature": 1.1},
            seed=5,
            text="because",
            finish_reason="stop",
            prompt_tokens=4,
            completion_tokens=2,
            seconds=0.5,
            created_at=AT,
        ),
    )
    from store.items import candidates, prompts
    from store.records import Origin

    prompt, _ = prompts.add(
        db, [Message("user", "why?")], category="x", source="s", external_id=None, at=AT
    )
    a, b = (
        candidates.add(
            db,
            Candidate(
                prompt_id=prompt,
                origin=Origin.PROPOSED,
                text=text,
                generation_id=generation if text == "because" else None,
                created_at=AT,
            ),
        )
        for text in ("because", "so")
    )
    pairs.add(db, prompt, a, b, "chosen", source="chosen", at=AT)
    made = planned(db, format="audit").preview()[0]["a"]["generation"]
    assert made["rendered"] == "<|user|>why?"
    assert made["settings"] == {"temperature": 1.1}
    assert (made["seed"], made["finish_reason"]) == (5, "stop")
    assert made["run"]["model_sha256"] == "ab" * 32


def test_preview_and_summaries(study):
    assert len(planned(study).preview(3)) == 3
    assert list(summaries())[:2] == ["triplets", "trl"]
    assert "audit" in summaries()


@pytest.mark.parametrize("name", ["triplets", "trl", "kto", "audit"])
def test_the_loader_that_trainers_use_reads_it(study, tmp_path, monkeypatch, name):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", os.fspath(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", os.fspath(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    write(planned(study, format=name), tmp_path / "out")
    files = {path.stem: os.fspath(path) for path in sorted((tmp_path / "out").glob("*.jsonl"))}
    loaded = datasets.load_dataset("json", data_files=files, cache_dir=os.fspath(tmp_path / "c"))
    rows = {part: len(loaded[part]) for part in loaded}
    expected = {"kto": 48, "audit": 24}.get(name, 24)
    assert sum(rows.values()) == expected
    if name == "triplets":
        assert loaded["train"].column_names == ["prompt", "chosen", "rejected"]
    if name == "trl":
        assert loaded["test"][0]["chosen"][0]["role"] == "assistant"
    write(planned(study, format=name), tmp_path / "out.json")
    whole = datasets.load_dataset(
        "json", data_files=os.fspath(tmp_path / "out.json"), cache_dir=os.fspath(tmp_path / "c")
    )
    assert len(whole["train"]) == expected


def test_the_manifest_is_the_same_with_and_without_scikit_learn(study, tmp_path, monkeypatch):
    for n, row in enumerate(pairs.ordered(study)):
        labels.give(study, row.id, "bob", "b" if n % 7 == 0 else "a", at=AT)
        labels.give(study, row.id, "ann", "b" if n % 5 == 0 else "a", at=AT)
    monkeypatch.setattr(kappa, "_reference", None)
    write(planned(study), tmp_path / "cold")
    kappa.warm_up()
    write(planned(study), tmp_path / "warm")
    assert bytes_of(tmp_path / "cold") == bytes_of(tmp_path / "warm")


def test_the_card_is_what_a_hub_reads(study, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", os.fspath(tmp_path / "home"))
    hub = pytest.importorskip("huggingface_hub")
    datasets = pytest.importorskip("datasets")
    options = {"license": "cc-by-4.0", "languages": ("en", "ja"), "from_": "by:ann"}
    for row in pairs.ordered(study):
        labels.give(study, row.id, "ann", "a", at=AT)
    out = tmp_path / "out"
    written = write(planned(study, format="trl", **options), out)
    head = hub.DatasetCard.load(out / "README.md").data
    assert (head.license, head.language) == ("cc-by-4.0", ["en", "ja"])
    assert (head.task_categories, head.size_categories) == (["text-generation"], ["n<1K"])
    assert "human-feedback" in head.tags
    loaded = datasets.load_dataset(os.fspath(out), cache_dir=os.fspath(tmp_path / "c"))
    assert {name: len(rows) for name, rows in loaded.items()} == {
        name.partition(".")[0]: file.rows for name, file in written.files.items() if file.rows
    }


@pytest.mark.parametrize(
    "wrong", [{"license": "my own: [x"}, {"languages": ("english?",)}, {"license": ""}]
)
def test_what_no_hub_would_take_is_refused(study, wrong):
    with pytest.raises(UsageProblem, match="--l"):
        planned(study, **wrong)
