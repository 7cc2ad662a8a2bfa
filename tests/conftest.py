"""What holds for every test: chance is the same in every run, and no test depends on the clock
or on what earlier runs kept."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "comtrap", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("comtrap")
os.environ["COMTRAP_CACHE"] = "off"
