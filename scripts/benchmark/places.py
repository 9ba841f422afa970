"""Where things lie: the checkout, what was installed for the peers, and scratch folders."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).resolve().parent / "peers"
INSTALLED = CHECKOUT / "data" / "bench"
