"""The model host: a process of its own, the only one that loads llama.cpp.

``python -m engine.llama.host`` reads requests on stdin and writes answers on stdout
(:mod:`engine.llama.protocol`); whatever llama.cpp prints goes to stderr.
"""
