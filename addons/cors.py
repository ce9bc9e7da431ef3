"""The script mitmproxy loads: `mitmdump -s addons/cors.py`, from any folder and without installation."""

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

# mitmproxy runs this file under a made-up name, and corsight need not be installed: the namespace is made from where
# this file lies, in a checkout and in site-packages alike, and sys.path stays as it is.
if "corsight" not in sys.modules:
    spec = ModuleSpec("corsight", None, is_package=True)
    spec.submodule_search_locations = [str(Path(__file__).resolve().parent.parent)]
    sys.modules["corsight"] = importlib.util.module_from_spec(spec)

try:
    from corsight.addons.addon import Cors
except ModuleNotFoundError as missing:
    if (missing.name or "").partition(".")[0] == "corsight":
        raise
    sys.exit(f"corsight: {missing.name} is not installed for this mitmproxy; install it with: pip install corsight")

addons = [Cors()]
