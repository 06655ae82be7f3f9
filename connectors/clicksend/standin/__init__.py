"""How the stand-in behaves, area by area; `connectors/clicksend/simulator.py` puts it together."""
