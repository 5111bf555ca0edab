"""Under which name a model judges, so that two models of one name are two judges."""

from __future__ import annotations

from sqlite_utils import Database

from store import ids, names
from store.errors import BadInput
from store.judgements import askings

_OWNER = (
    "SELECT model_sha256 FROM run"
    " WHERE coalesce(json_extract(settings, '$.judge'), 'ai:' || model) = ?"
    " AND EXISTS (SELECT 1 FROM json_each(settings, '$.parts') WHERE value = 'judge')"
    " ORDER BY started_at, id LIMIT 1"
)


def name_for(db: Database, model: str, sha256: str | None, given: str | None = None) -> str:
    """The name a model's labels and askings stand under: ``ai:MODEL``.

    A name belongs to the model that judged first under it, told by the SHA-256 of its file in the
    run. Another file of the same name judges as ``ai:MODEL#`` and the first eight digits of its
    own; a model behind a server, which shows no file, as ``ai:MODEL#served``.

    Args:
        db: the project.
        model: the model's own name.
        sha256: of its file; None where it is behind a server.
        given: the name it is to have instead, without ``ai:``.

    Raises:
        BadInput: another model has judged under the name that was given.
    """
    wanted = ids.AI + ids.name(model if given is None else given)
    if given is not None:
        wanted = names.find(wanted, askings.judges(db)) or wanted
    fingerprint = _fingerprint(sha256)
    owner = db.execute(_OWNER, [wanted]).fetchone()
    if owner is None or _fingerprint(owner[0]) == fingerprint:
        return wanted
    if given is not None:
        raise BadInput(
            f"{wanted} is the name of another model ({_fingerprint(owner[0])}, this is"
            f" {fingerprint}); nothing was asked: give another name"
        )
    return f"{wanted}#{fingerprint}"


def _fingerprint(sha256: str | None) -> str:
    return "served" if sha256 is None else sha256[:8]
