"""Hypothesis in the whole suite: the same examples each time, and no limit by the clock.

A busy machine makes no test fail, and what passed here passes elsewhere.
``HYPOTHESIS_PROFILE=explore make test`` draws new examples.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_CALM = [HealthCheck.too_slow]

settings.register_profile("suite", derandomize=True, deadline=None, suppress_health_check=_CALM)
settings.register_profile("explore", deadline=None, suppress_health_check=_CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
