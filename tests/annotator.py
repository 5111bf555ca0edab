"""An annotator as a process of its own: labels pair after pair, at a pace, and says what it did.

``python -m tests.annotator PROJECT NAME PAIRS SECONDS SEED``; each line on stdout is one label:
the id of its event, and the wall clock when it was on the disk.
"""

from __future__ import annotations

import random
import sys
import time

from store import clock
from store.db.session import session
from store.records import Verdict
from store.views import labelling

VERDICTS = (Verdict.A, Verdict.B, Verdict.A, Verdict.B, Verdict.TIE, Verdict.BOTH_BAD)


def annotate(path: str, who: str, pairs: int, seconds: float, seed: str) -> None:
    """Label so many pairs as the app does.

    Args:
        path: the project.
        who: name of the annotator.
        pairs: how many.
        seconds: median time on a pair; 0 for as fast as it goes.
        seed: draws verdicts and times.
    """
    rng = random.Random(seed)
    with session(path) as db:
        to_label = labelling.resume(db, who)
        for _ in range(pairs):
            if to_label is None:
                break
            spent = seconds * rng.lognormvariate(0, 0.5)
            time.sleep(spent)
            verdict = rng.choice(VERDICTS)
            pair_id = to_label.pair_id
            to_label = labelling.give(db, to_label, who, verdict, seconds=spent, at=clock.now())
            print(pair_id, verdict.value, time.time(), flush=True)


if __name__ == "__main__":
    annotate(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])
