"""pySigma and what builds on it: an optional part, loaded when first needed."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

from comtrap.errors import PluginError


def library(module: str) -> Any:
    """A module of the packages in the extra ``export``.

    Raises:
        PluginError: it is not installed.
    """
    try:
        with warnings.catch_warnings():
            # The SecOps backend reads its data by a function that Python deprecates.
            warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module(module)
    except ImportError as error:
        raise PluginError(f"this export needs more packages ({error}): pip install 'comtrap[export]'") from error
