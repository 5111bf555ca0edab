"""How figures about judges are written in sentences, tables and documents."""

from __future__ import annotations

from store.agreement.figure import NONE, rounded


def percent(value: float | None) -> str:
    """``91 %``; a dash where there is no value."""
    return NONE if value is None else f"{rounded(value * 100, 0)} %"


def point(value: float | None) -> str:
    """Two decimals and no leading zero: ``.71``, ``-.05``, ``1.00``."""
    text = NONE if value is None else rounded(value, 2)
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
