"""The script mitmproxy loads: `mitmdump -s addons/cors.py`, from any folder and without installation."""

import sys
from pathlib import Path

# mitmproxy runs this file under a made-up name with only its folder on the path: the packages beside it have to be
# found. They come first there: another folder on it may hold packages of the same names.
ROOT = str(Path(__file__).resolve().parent.parent)
sys.path[:] = [ROOT, *(path for path in sys.path if path != ROOT)]

from addons.addon import Cors  # noqa: E402

addons = [Cors()]
