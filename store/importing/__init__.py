"""Bringing files into a project: prompts, pairs and labels, in the formats they come in."""

from __future__ import annotations

from store.importing.files import FileReport, run
from store.importing.folder import DataFile, files_of
from store.importing.registry import FORMATS, KINDS, summaries
from store.importing.rows import FIELDS, Problem

__all__ = [
    "FIELDS",
    "FORMATS",
    "KINDS",
    "DataFile",
    "FileReport",
    "Problem",
    "files_of",
    "run",
    "summaries",
]
