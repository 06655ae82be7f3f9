"""One body of every webhook kind of our page (§4.3 – §4.7), as 1msg sends it, for `ferry trigger` and for tests."""

from __future__ import annotations

from connectors.onemsg.samples_flat import FLAT
from connectors.onemsg.samples_raw import RAW

SAMPLES = {**FLAT, **RAW}
