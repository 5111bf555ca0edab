"""Any OpenAI-compatible server as the engine: llama-server, vLLM, a Ray cluster behind it."""

from engine.endpoint.engine import EndpointEngine, endpoint_engine

__all__ = ["EndpointEngine", "endpoint_engine"]
