"""Personal data in a text: addresses and numbers that look real.

The data check tells of them, and an export with ``--redact`` puts a mark in their place.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

_FROM = r"(?<!\w)(?<!\d\.)"
_TO = r"(?!\w|\.\d)"
"""Numbers end where a word does; the full stop of a sentence is none of theirs."""
_GAP = "[ \u00a0\u202f.-]"
_NUMBERED = "".join(
    f"(?<!{word} )" for word in ("version", "release", "section", "chapter", "build", "kernel", "§")
)
_EMAIL = re.compile(
    r"\b[\w.+-]{1,64}@(?!example\.)(?!\dx\.|\d+\.\d)"  # icon@2x.png, package@1.2.3
    r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,3}\.[^\W\d_][\w-]{1,62}\b"
)
_PHONE = re.compile(
    rf"{_FROM}(?:\+|(?<!\d )00(?=[1-9]))\d{{1,3}}{_GAP}?"
    rf"(?:\(?\d{{1,4}}\)?{_GAP}?){{2,5}}\d{{2,4}}{_TO}"
)
_US_PHONE = re.compile(rf"(?<![\w.-])\(?[2-9]\d{{2}}\)?{_GAP}[2-9]\d{{2}}{_GAP}\d{{4}}(?![\w-])")
_IP = re.compile(rf"{_FROM}{_NUMBERED}(?<!§)(?:\d{{1,3}}\.){{3}}\d{{1,3}}{_TO}", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(rf"{_FROM}\d(?:[ \u00a0\u202f-]?\d){{12,18}}{_TO}")
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[0-8]\d{11,17}|6\d{12,18}|3[04-9]\d{12,14}|2[2-7]\d{14}|9792\d{12}"
)
"""Numbers that cards for paying begin with, and how many digits follow: no ISBN, no moment."""
_DECIMAL = re.compile(r"\+\d{1,3}\.\d{1,9}")
_SSN = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def luhn(number: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(_digits(number))):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _card(number: str) -> bool:
    return luhn(number) and _ISSUED.fullmatch(_digits(number)) is not None


def _phone(number: str) -> bool:
    """Whether a number with its country's code is one (ITU E.164), and no sum or decimal."""
    digits = _digits(number).removeprefix("00")
    if digits.startswith("1"):  # North America
        return len(digits) == 11 and digits[1] in "23456789" and _several_digits(number)
    fits = 8 <= len(digits) <= 15 and digits[0] != "0" and _several_digits(number)
    return fits and _DECIMAL.fullmatch(number) is None


def iban(number: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616, remainder 1 by 97)."""
    flat = number.replace(" ", "")
    moved = flat[4:] + flat[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def _public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def _anyone(_: str) -> bool:
    return True


def _several_digits(number: str) -> bool:
    return len(set(_digits(number))) > 3  # 000-000 and 123-123 are made up


class _Kind(NamedTuple):
    name: str
    mark: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]


_KINDS: Final = (
    _Kind("e-mail", "[EMAIL]", _EMAIL, _anyone),
    _Kind("phone", "[PHONE]", _PHONE, _phone),
    _Kind("US phone", "[PHONE]", _US_PHONE, _several_digits),
    _Kind("IP address", "[IP]", _IP, _public),
    _Kind("IBAN", "[IBAN]", _IBAN, iban),
    _Kind("card number", "[CARD]", _CARD, _card),
    _Kind("US social security", "[SSN]", _SSN, _several_digits),
)


class _Place(NamedTuple):
    start: int
    end: int
    kind: _Kind


def kinds(text: str) -> Iterator[str]:
    """The kinds of personal data that a text seems to hold."""
    yield from dict.fromkeys(place.kind.name for place in _places(text))


def redacted(text: str) -> tuple[str, list[str]]:
    """The text with a mark such as ``[EMAIL]`` for each place found, and the kinds in order.

    Places that overlap get one mark, that of the longest; nothing that :func:`kinds` would find is
    left.
    """
    found: list[str] = []
    while places := sorted(_places(text), key=lambda place: place.start):
        out, done = [], 0
        while places:
            first = places.pop(0)
            end, longest = first.end, first
            while places and places[0].start < end:
                other = places.pop(0)
                end = max(end, other.end)
                longest = max(longest, other, key=lambda place: place.end - place.start)
            out += [text[done : first.start], longest.kind.mark]
            found.append(longest.kind.name)
            done = end
        # a mark has neither digit nor @: each turn leaves less to find
        text = "".join(out) + text[done:]
    return text, found


def _places(text: str) -> Iterator[_Place]:
    if not any(sign.isdigit() or sign == "@" for sign in text):
        return
    for kind in _KINDS:
        for found in kind.pattern.finditer(text):
            if kind.holds(found.group()):
                yield _Place(found.start(), found.end(), kind)
