"""Remarks of a model about its task: that nothing is wrong, or that its answer follows.

Models make them in the language of the prompt.
"""

from __future__ import annotations

import re
from typing import Final

from store import texts

_NOTHING: Final = re.compile(
    r"^\W*(?:"
    r"(?:(?:there is|there's|i (?:find|found|see)|i have)\s+)?"
    r"(?:nothing (?:here )?(?:to (?:criticise|criticize|improve|correct|add)|is wrong|wrong)"
    r"|no (?:critique|criticism)(?: is)?(?: needed| necessary| required)?"
    r"|no (?:problems?|issues?|faults?|violations?)\b(?! (?:is|are|was|were) (?:too|so)\b))"
    r"|the (?:answer|response) (?:already )?(?:keeps|follows|meets|respects|does not violate) "
    r"(?:to )?th(?:e|is) principle"
    # German, French, Spanish, Portuguese, Italian
    r"|(?:(?:es gibt|ich sehe|ich finde) (?:hier )?)?(?:nichts (?:zu|daran zu)"
    r" (?:kritisieren|beanstanden|verbessern|bem[äa]ngeln)"
    r"|keine (?:kritik|beanstandung(?:en)?|probleme|m[äa]ngel)\b)"
    r"|(?:il n['’]y a |je ne vois )?(?:rien [àa]"
    r" (?:critiquer|redire|signaler|am[ée]liorer|corriger)"
    r"|aucun(?:e)? (?:critique|probl[èe]me|reproche)\b)"
    r"|(?:no hay |no veo )?(?:nada que (?:criticar|mejorar|corregir|objetar)"
    r"|ning[uú]n(?:a)? (?:cr[ií]tica|problema)\b)"
    r"|(?:não há )?(?:nada a (?:criticar|corrigir|melhorar)|nenhum problema\b)"
    r"|(?:non c['’]è )?(?:niente|nulla) da (?:criticare|correggere|migliorare)"
    # Japanese, Chinese, Korean
    r"|(?:特に)?(?:批判|指摘|修正|改善)(?:すべき|する|の|が必要な)?(?:点|箇所|ところ|必要|余地)?は?(?:特に)?"
    r"(?:ありません|ない|見当たりません|見つかりません)"
    r"|(?:特に)?問題(?:点)?は?(?:特に)?(?:ありません|ない|見当たりません|見つかりません)"
    r"|(?:没有|沒有|无|無)(?:什么|什麼|任何)?(?:问题|問題|(?:需要|可)(?:批评|批評|改进|改進|修改)的?)"
    r"|(?:无需|無需|不需要)(?:批评|批評|修改|改进|改進)"
    r"|(?:비판|지적|수정|개선)할 (?:점|것|부분)[이은]? ?(?:없|보이지)|문제(?:점)?[가는은]? ?없"
    r")",
    re.IGNORECASE,
)
_BUT: Final = re.compile(
    r"\b(?:but|however|except|although|though|aber|allerdings|jedoch|mais|cependant|pero"
    r"|sin embargo)\b|が、|しかし|ただし|但(?:是)?|不过|하지만",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[^.!?。！？\n]*")
_REVISED: Final = (
    r"修正後の回答|修正版|改訂版|改訂後の回答|修正された回答|修改[后後]的(?:回答|答案|版本)"
    r"|修订[后後]的(?:回答|答案|版本)"
    r"|(?:überarbeitete|verbesserte|korrigierte|neue) (?:antwort|fassung)"
    r"|réponse (?:révisée|corrigée|améliorée)|respuesta (?:revisada|corregida|mejorada)"
    r"|resposta (?:revisada|corrigida)|risposta (?:rivista|corretta)|수정된 (?:답변|응답)"
)
_LABEL: Final = re.compile(
    rf"^\W*(?:revision|answer|new answer|response|assistant|final answer|{_REVISED})"
    r"\s*\**\s*[:：]\s*\**\s*",
    re.IGNORECASE,
)
_ANNOUNCED: Final = re.compile(
    r"^\W{0,9}(?:以下(?:は|が|に).{0,16}(?:修正|改訂|書き直|改善).{0,16}[:：]"
    r"|以下是.{0,10}(?:修改|修订|改写|改进|更新).{0,10}[:：]"
    r"|hier ist (?:die|eine|meine) (?:überarbeitete|verbesserte|korrigierte|neue)\b.{0,30}:"
    r"|voici (?:la|une|ma) (?:réponse|version) (?:révisée|corrigée|améliorée).{0,30}:"
    r"|(?:aquí (?:está|tienes)|esta es) (?:la|una|mi) (?:respuesta|versión)"
    r" (?:revisada|corregida|mejorada).{0,30}:)\s*",
    re.IGNORECASE,
)
_ANNOUNCING_LINE: Final = re.compile(r"^[^\n]{0,120}?:[ \t]*\n+|^[^\n:]{0,100}:[ \t]+")
_QUOTES: Final = ('""', "“”", "„“", "„”", "«»", "''", "「」", "『』")


def nothing_to_criticise(critique: str) -> bool:
    """Whether a critique begins by saying that nothing is wrong, with no "but" in that sentence."""
    found = _NOTHING.search(critique)
    if found is None:
        return False
    rest = _SENTENCE.match(critique, found.end())
    return rest is None or _BUT.search(rest.group()) is None


def cleaned_revision(text: str) -> str:
    """A revision as it is kept: without an announcement, a label or quotes around the whole.

    ``Here is the revised response:`` and ``Revision:`` are remarks about the task in front of a
    good answer; they go, the answer stays. The text as it came is kept with the generation.
    """
    kept = text.strip()
    if texts.announced(kept) and (line := _ANNOUNCING_LINE.match(kept)):
        kept = kept[line.end() :].strip()
    kept = _ANNOUNCED.sub("", kept, count=1)
    kept = _LABEL.sub("", kept, count=1).strip()
    for opening, closing in _QUOTES:
        whole = kept.startswith(opening) and kept.endswith(closing) and len(kept) > 2
        if whole and kept.count(opening) + kept.count(closing) <= (4 if opening == closing else 2):
            kept = kept[1:-1].strip()
    return kept
