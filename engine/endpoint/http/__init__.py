"""The HTTP client as a process of its own: the only part of pairlab that opens a connection.

``python -m engine.endpoint.http URL... [--allow-remote]`` reads what to ask from stdin and says on
stdout what came back (:mod:`engine.endpoint.http.protocol`), so that the app itself can stay locked
from the network.
"""
