"""While nobody presses a key the contents of the file are compared, and a backup is written."""

from __future__ import annotations

from pathlib import Path

from store.db import rolling
from store.db.session import session
from store.judgements import settings
from tests.tui.conftest import AT
from tests.tui.driving import MakeApp, drawn, press, settle, until


async def test_a_changed_answer_is_named_in_the_footer_of_every_mode(
    make_app: MakeApp, study: Path
) -> None:
    app = make_app(study, look_every=0.01)
    with session(study) as db:
        changed = db.execute("SELECT id FROM candidate ORDER BY rowid DESC").fetchone()[0]
        db.execute("DROP TRIGGER candidate_no_update")
        db.execute("UPDATE candidate SET text = text || ' ' WHERE id = ?", [changed])
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: app.session.upkeep.over)
        for mode in ("R", "L"):
            await press(pilot, mode)
            await settle(pilot)
            assert f"candidate {changed[:12]} was changed outside" in drawn(app)


async def test_a_backup_is_written_on_opening_where_the_project_wants_one(
    make_app: MakeApp, study: Path
) -> None:
    with session(study) as db:
        settings.set(db, settings.BACKUPS, 2, "first", AT)
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(rolling.existing(study)) == 1)
        await until(pilot, lambda: not [w for w in app.workers if w.group == "backup"])
    (written,) = rolling.existing(study)
    with session(study) as db, session(written) as copy:
        assert [tuple(row) for row in db.execute("SELECT id FROM event")] == [
            tuple(row) for row in copy.execute("SELECT id FROM event")
        ]
