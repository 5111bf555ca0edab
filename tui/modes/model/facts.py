"""What mode M says of the model and of its queue; no widget in it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from engine import netlock
from engine.api import EngineStatus, ModelInfo
from engine.method.events import PlanProgress
from tui.formatting import counted, share, time_left
from tui.modes.model.text import ONE_BY_ONE
from tui.text import one_line, plain


def facts(
    info: ModelInfo | None,
    status: EngineStatus,
    server: str | None,
    elsewhere: Sequence[str] = (),
) -> Content:
    """The model in a few lines: name; size and quantisation; how it runs, and where."""
    closed = netlock.state()
    where = plain(
        f"endpoint {server}; network: {closed.value}"
        f"{' but for the HTTP process' if closed is netlock.Network.LOCKED else ''}"
        if server
        else f"network: {closed.value}"
        if closed is not netlock.Network.OPEN
        else ""
    )
    if info is None:
        lines = [plain("not loaded yet", "$muted"), where]
        return Content("\n").join(line for line in lines if line.plain)
    size = [f"{info.n_params / 1e6:,.0f} M parameters"] if info.n_params else []
    size += [info.quantisation] if info.quantisation else []
    size += [f"{info.size_bytes / 1e6:,.0f} MB of weights"] if info.size_bytes else []
    how = [
        f"context {info.n_ctx:,} tokens" if info.n_ctx else "context unknown",
        f"{'up to ' if server else ''}{counted(info.slots, 'text')} at a time",
    ]
    if server is None:
        layers = counted(info.gpu_layers, "GPU layer") if info.gpu_layers else "no GPU layers"
        how += [counted(info.n_threads, "thread"), layers, info.backend]
    lines = [plain(info.name, "bold"), plain(" · ".join(size)), plain(" · ".join(how)), where]
    if info.loaded_with:
        lines.append(plain(f"loaded with {info.loaded_with}", "$muted"))
    if info.sha256:
        lines.append(plain(f"sha-256 {info.sha256}", "$muted"))
    if info.original:
        lines.append(plain(f"converted from {info.original}", "$muted"))
        lines.append(plain(f"sha-256 {info.original_sha256}", "$muted"))
    if not info.several_at_once:
        lines += [plain(ONE_BY_ONE), plain(f"pairlab models convert {info.path}", "$muted")]
    if info.note:
        lines.append(plain(info.note, "$muted"))
    if elsewhere and server is None:
        names = ", ".join(one_line(name, 24) for name in elsewhere[:3])
        lines.append(plain(f"also open as {names}: a window that writes loads a model of its own"))
    if status.restarts:
        lines.append(plain(f"started again {counted(status.restarts, 'time')}", "$muted"))
    return Content("\n").join(line for line in lines if line.plain)


def queue_words(progress: PlanProgress | None, status: EngineStatus, writing: str) -> Content:
    """How far the background worker is, and what it is at."""
    if progress is None:
        return plain("nothing has begun yet", "$muted")
    left = time_left(progress.eta_seconds) if progress.done < progress.total else "all written"
    done = f"{progress.done:,} of {progress.total:,} texts written"
    lines = [" · ".join(part for part in (done, left) if part)]
    lines.append(f"{counted(progress.ready, 'prompt')} complete")
    if writing:
        lines.append(f"writing {writing}")
    waiting = f"{counted(status.running, 'text')} being written, {status.waiting} waiting"
    if status.running or status.waiting:
        lines.append(waiting)
    if status.needed_tokens > status.evaluated_tokens:
        saved = 1 - status.evaluated_tokens / status.needed_tokens
        lines.append(f"{share(saved)} of the tokens shared between prompts and not read again")
    return plain("\n".join(lines))
