"""Measures the product beside a bare server and its peers.

Read in this order: `servers` (who runs), `api` and `pocketbase` (what is asked), `seed` (what is
there before), `load` (the generator, a process of its own), `rounds` (the order of things),
`figures` and `report` (what comes out).
"""
