"""The script mitmproxy loads: `mitmdump -s addons/cors.py`, from any folder and without installation."""

import sys
from pathlib import Path

# mitmproxy runs this file under a made-up name with only its folder on the path: the packages beside it have to be found.
ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from addons.addon import Cors  # noqa: E402

addons = [Cors()]
