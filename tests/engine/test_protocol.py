"""The lines between app and host: what is written is read back, all else is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.api import ModelInfo, Sampling
from engine.child.codec import ProtocolError
from engine.llama.protocol import (
    ANSWERS,
    REQUESTS,
    Begun,
    Bye,
    Cancel,
    Cancelled,
    Choose,
    Chosen,
    Count,
    Counted,
    Done,
    Generate,
    Load,
    Loaded,
    Pieces,
    Refused,
    Report,
    Shutdown,
    Weigh,
    Weighed,
)
from store.records import Message

texts = st.text(st.characters(), max_size=20)
numbers = st.integers(0, 2**40)
reals = st.floats(allow_nan=False, allow_infinity=False)
messages = st.lists(st.builds(Message, texts, texts), max_size=3).map(tuple)
samplings = st.builds(
    Sampling,
    temperature=reals,
    seed=numbers,
    stop=st.lists(texts, max_size=2).map(tuple),
    grammar=st.none() | texts,
)
requests = st.one_of(
    st.builds(Load, numbers, texts, n_ctx=st.none() | numbers, use_extra_bufts=st.booleans()),
    st.builds(Generate, numbers, messages, st.lists(samplings, max_size=3).map(tuple), texts),
    st.builds(Choose, numbers, messages, st.lists(texts, max_size=3).map(tuple), texts),
    st.builds(Weigh, numbers, messages, texts),
    st.builds(Count, numbers, st.lists(texts, max_size=3).map(tuple)),
    st.builds(Cancel, numbers, numbers),
    st.builds(Shutdown, numbers),
)
infos = st.builds(
    ModelInfo,
    name=texts,
    path=st.none() | texts,
    sha256=st.none() | texts,
    backend=texts,
    n_ctx=numbers,
    n_params=numbers,
    size_bytes=numbers,
    quantisation=texts,
    chat_template=st.none() | texts,
    n_threads=numbers,
    gpu_layers=st.integers(-1, 99),
    slots=numbers,
)
answers = st.one_of(
    st.builds(Loaded, numbers, infos),
    st.builds(Begun, numbers, texts, numbers, numbers),
    st.builds(Pieces, numbers, st.lists(st.tuples(numbers, texts), max_size=3).map(tuple), numbers),
    st.builds(Done, numbers, numbers, texts, texts, numbers, reals),
    st.builds(Chosen, numbers, st.lists(reals, max_size=3).map(tuple)),
    st.builds(Weighed, numbers, reals, numbers),
    st.builds(Counted, numbers, st.lists(numbers, max_size=3).map(tuple)),
    st.builds(Cancelled, numbers, numbers, numbers),
    st.builds(Refused, numbers, texts, texts, numbers, numbers),
    st.builds(Report, *([numbers] * 7), reals, reals),
    st.builds(Bye, numbers),
)
anything = st.recursive(
    st.none() | st.booleans() | numbers | reals | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(requests)
def test_requests_come_back_as_they_were(request: Any) -> None:
    line = REQUESTS.encode(request)
    assert line.count(b"\n") == 1
    assert REQUESTS.decode(line) == request


@given(answers)
def test_answers_come_back_as_they_were(answer: Any) -> None:
    line = ANSWERS.encode(answer)
    assert line.count(b"\n") == 1
    assert ANSWERS.decode(line) == answer


@given(st.binary(max_size=60))
def test_noise_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        REQUESTS.decode(line)


@given(requests, st.data())
def test_a_field_of_another_kind_is_refused_or_read(request: Any, data: st.DataObject) -> None:
    body = json.loads(REQUESTS.encode(request))
    field = data.draw(st.sampled_from(sorted(body)))
    body[field] = data.draw(anything)
    try:
        read = REQUESTS.decode(json.dumps(body).encode())
    except ProtocolError:
        return
    assert REQUESTS.decode(REQUESTS.encode(read)) == read


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"op":"sing","id":1}', "unknown op"),
        (b'{"op":"cancel","id":1}', "lacks 'target'"),
        (b'{"op":"cancel","id":1,"target":2,"loud":true}', "no field 'loud'"),
        (b'{"op":"cancel","id":true,"target":2}', "must be int"),
        (b'{"op":"count","id":1,"texts":"abc"}', "must be an array"),
        (b'{"op":"generate","id":1,"messages":[["user"]],"choices":[]}', "2 places"),
        (b'{"op":"generate","id":1,"messages":[],"choices":[[]]}', "must be an object"),
        (b'["load"]', "not an object"),
        (b'{"op":"load"', "not a line of JSON"),
        (b"[" * 100_000, "not a line of JSON"),
    ],
)
def test_a_refusal_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        REQUESTS.decode(line)


def test_no_number_is_no_number() -> None:
    with pytest.raises(ProtocolError):
        ANSWERS.decode(b'{"event":"scored","id":1,"logprob":NaN,"tokens":1}')
