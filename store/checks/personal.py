"""Personal data: addresses and numbers that look real. Flagged, never deleted."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from store.checks.finding import Finding, Level
from store.exporting.rows import ExportRow

_EMAIL = re.compile(r"\b[\w.+-]{1,64}@(?!example\.)[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b")
_PHONE = re.compile(r"(?<![\w.])(?:\+\d{1,3}[ .-]?)(?:\(?\d{1,4}\)?[ .-]?){2,5}\d{2,4}(?![\w.])")
_US_PHONE = re.compile(r"(?<![\w.-])\(?[2-9]\d{2}\)?[ .-][2-9]\d{2}[ .-]\d{4}(?![\w-])")
_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.])")
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


_KINDS: Final[dict[str, tuple[re.Pattern[str], Callable[[str], bool]]]] = {
    "e-mail": (_EMAIL, _anyone),
    "phone": (_PHONE, _several_digits),
    "US phone": (_US_PHONE, _several_digits),
    "IP address": (_IP, _public),
    "IBAN": (_IBAN, iban),
    "card number": (_CARD, luhn),
    "US social security": (_SSN, _several_digits),
}


def kinds(text: str) -> Iterator[str]:
    """The kinds of personal data that a text seems to hold."""
    if not any(sign.isdigit() or sign == "@" for sign in text):
        return
    for name, (pattern, holds) in _KINDS.items():
        if any(holds(found.group()) for found in pattern.finditer(text)):
            yield name


def personal(rows: Sequence[ExportRow]) -> Finding:
    """Pairs whose prompt or answers seem to hold personal data."""
    counted: Counter[str] = Counter()
    pairs = []
    for row in rows:
        said = [message.content for message in row.messages]
        found = {
            kind for text in (*said, row.chosen.text, row.rejected.text) for kind in kinds(text)
        }
        counted.update(found)
        if found:
            pairs.append(row.pair.id)
    told = ", ".join(f"{kind} {n}" for kind, n in sorted(counted.items()))
    return Finding(
        Level.LOOK if pairs else Level.FINE,
        f"{len(pairs)} pairs seem to hold personal data" + (f": {told}" if told else ""),
        dict(sorted(counted.items())),
        tuple(pairs),
    )
