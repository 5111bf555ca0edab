"""The host's main loop: reads requests in a thread, runs the model in the main one."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from typing import BinaryIO

from engine.child.codec import ProtocolError
from engine.errors import EngineError, ModelFileError, PromptTooLong
from engine.llama.host import library
from engine.llama.host.admission import Admission
from engine.llama.host.loading import load
from engine.llama.host.scheduler import Scheduler
from engine.llama.protocol import (
    ANSWERS,
    REQUESTS,
    Answer,
    Bye,
    Cancel,
    Count,
    Counted,
    Load,
    Loaded,
    Refused,
    Report,
    Request,
    Shutdown,
)

REPORT_EVERY = 0.25
"""Seconds between two reports while there is work."""


class Server:
    """One host: at most one model, any number of requests."""

    def __init__(self, requests: BinaryIO, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._scheduler: Scheduler | None = None
        self._admission: Admission | None = None
        self._load_id = 0
        self._reported_at = 0.0

    def run(self) -> None:
        """Serve until asked to shut down."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        while True:
            scheduler = self._scheduler
            if scheduler is None or not scheduler.busy:
                self._report(due=True)
                self._handle(self._inbox.get())
                # the first run after a rest is told of, however soon it is over
                self._reported_at = 0.0
                continue
            # before the inbox is emptied: a cancel that comes later ends the run it finds
            scheduler.allow()
            while not self._inbox.empty():
                self._handle(self._inbox.get())
            scheduler.step()
            self._report(due=time.monotonic() - self._reported_at >= REPORT_EVERY)

    # -- the reading thread ---------------------------------------------------------------------

    def _read(self) -> None:
        """Pass requests on; the app's end is the host's end, whatever it is doing."""
        for line in self._requests:
            try:
                request = REQUESTS.decode(line)
            except ProtocolError as error:
                self._send(Refused(0, "bad_request", str(error)))
                continue
            if isinstance(request, Shutdown):
                self._send(Bye(request.id))
                break
            if isinstance(request, Cancel) and self._scheduler is not None:
                self._scheduler.interrupt(request.target)
            self._inbox.put(request)
        sys.stderr.flush()
        # at once: the main thread may be inside llama.cpp for seconds
        os._exit(0)

    # -- the main thread ------------------------------------------------------------------------

    def _handle(self, request: Request) -> None:
        try:
            self._answer(request)
        except PromptTooLong as error:
            refusal = Refused(request.id, "too_long", str(error), error.needed, error.limit)
            self._send(refusal)
        except ModelFileError as error:
            self._send(Refused(request.id, "model_file", str(error)))
        except EngineError as error:
            self._send(Refused(request.id, "bad_request", str(error)))

    def _answer(self, request: Request) -> None:
        if isinstance(request, Load):
            self._load(request)
        elif isinstance(request, Shutdown):
            self._send(Bye(request.id))
        elif self._scheduler is None or self._admission is None:
            raise EngineError("no model is loaded")
        elif isinstance(request, Cancel):
            self._scheduler.cancel(request.target)
        elif isinstance(request, Count):
            self._send(Counted(request.id, self._admission.count(request)))
        else:
            self._scheduler.add(self._admission.job(request))

    def _load(self, request: Load) -> None:
        if self._scheduler is not None:
            raise EngineError("a model is loaded already: start another host for another model")
        loaded = load(request, library.start())
        self._admission = Admission(loaded)
        self._scheduler = Scheduler(
            loaded.model,
            loaded.context,
            loaded.pages,
            slots=loaded.info.slots,
            prompt_budget=loaded.prompt_budget,
            threads=loaded.threads,
            apart=loaded.info.gpu_layers == 0,
            most_kept=loaded.most_kept,
            sequences=loaded.sequences,
            drawing=loaded.drawing,
            send=self._send,
        )
        self._load_id = request.id
        self._send(Loaded(request.id, loaded.info))

    def _report(self, *, due: bool) -> None:
        scheduler = self._scheduler
        if scheduler is None or not due:
            return
        self._reported_at = time.monotonic()
        counters = scheduler.counters
        self._send(
            Report(
                self._load_id,
                running=scheduler.running,
                waiting=scheduler.waiting,
                written=counters.written,
                evaluated=counters.evaluated,
                needed=counters.needed,
                decodes=counters.decodes,
                inside=counters.inside,
                busy=counters.busy,
            )
        )

    def _send(self, answer: Answer) -> None:
        line = ANSWERS.encode(answer)
        with self._lock:
            while line:
                line = line[os.write(self._answers, line) :]
