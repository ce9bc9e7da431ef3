"""The script mitmproxy loads: `mitmdump -s addons/cors.py`, from any folder and without installation."""

import gc
import importlib.util
import logging
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

from mitmproxy.version import VERSION

# mitmproxy runs this file under a made-up name, and corsight need not be installed: the namespace is made from where
# this file lies, in a checkout and in site-packages alike, and sys.path stays as it is.
if "corsight" not in sys.modules:
    spec = ModuleSpec("corsight", None, is_package=True)
    spec.submodule_search_locations = [str(Path(__file__).resolve().parent.parent)]
    sys.modules["corsight"] = importlib.util.module_from_spec(spec)

try:
    # An older mitmproxy may run on a Python that understands this file and no other of ours.
    if int(VERSION.partition(".")[0]) < 12:
        raise ImportError(f"this is mitmproxy {VERSION}, and Corsight needs mitmproxy 12 or later")
    from corsight.addons.addon import Cors
except ImportError as error:
    if (error.name or "").partition(".")[0] == "corsight":
        raise
    remedy = "in its Python, run: pip install --upgrade mitmproxy publicsuffixlist pydantic"
    if hasattr(sys, "frozen"):
        remedy = "the standalone mitmproxy takes no packages; install Corsight, or mitmproxy, with pip, pipx or uv"
    # mitmproxy ends a start that logs an error, and says so; an exit from within a script leaves older ones hanging.
    logging.error(f"corsight: {error}; {remedy}")
    addons = []
else:
    # What is loaded by now stays: garbage is not looked for in it again and again, while traffic passes.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    addons = [Cors()]
