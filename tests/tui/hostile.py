"""Texts that break terminals, markup readers and careless measuring."""

from __future__ import annotations

ESC = "\x1b"

HOSTILE = {
    "closing_tag": "[/b] [/] [bold red]not bold[/bold red] [link=file:///etc/passwd]x[/link]",
    "half_tag": "[ [[ [b [@click=app.quit()]quit[/] \\[ ]",
    "escape": f"before {ESC}[2J{ESC}[31mred{ESC}[0m after",
    "osc52": f"copy {ESC}]52;c;cHduZWQ=\x07 and {ESC}]8;;http://example.org{ESC}\\link",
    "c0": "".join(map(chr, range(32))) + "\x7f end",
    "c1": "".join(map(chr, range(0x80, 0xA0))) + " end",
    "bidi": "access \u202e\u2066level\u2069 \u2066admin\u202c \u200e\u200f\u061c",
    "separators": "one\u2028two\u2029three\x0bfour\x0cfive\x85six",
    "tags": "plain\U000e0069\U000e0067 hidden, flag \U0001f3f4\U000e0067\U000e0062\U000e007f",
    "surrogate": "half \ud83d of a pair \udc00",
    "zwj": "family 👨‍👩‍👧‍👦 flag 🇩🇪 skin 👍🏽 heart ❤️ keycap 1️⃣",
    "combining": "Z" + "\u0335\u0321\u0344" * 60 + " tail",
    "cjk": "「猫」は何匹ですか。" * 12,
    "arabic": "مرحبا بالعالم، هذا نص طويل قليلا " * 6,
    "thai": "สวัสดีชาวโลก" * 20,
    "tabs": "a\tb\t\tc\n\t\tindented",
    "crlf": "one\r\ntwo\rthree\n\n\nfour",
    "blank": "   \n\t\n  ",
    "long_line": "x" * 50_000,
    "long_words": "word " * 10_000,
    "many_lines": "line\n" * 3_000,
    "variables": "$foreground $accent %s {0} {name!r} ${HOME} $(id)",
    "nul": "a\x00b",
    "replacement": "\ufffd\ufeff\u200b\u2060",
    "template": "<|im_start|>system\nYou are<|im_end|> </s> [INST]",
}
"""Every text by the name of what it tries."""

FORBIDDEN = frozenset(
    [chr(code) for code in range(32) if chr(code) not in "\n"]
    + [chr(code) for code in range(0x7F, 0xA0)]
    + list("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
    + [chr(code) for code in range(0xD800, 0xE000)]
)
"""Characters that no widget may ever draw."""
