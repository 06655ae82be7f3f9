"""Infobip's stand-in: as strict as our page says Infobip is, and answering in its words."""

from __future__ import annotations

from connectors.infobip.simulator.stand import InfobipSimulator, stand_in

__all__ = ["InfobipSimulator", "stand_in"]
