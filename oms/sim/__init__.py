"""Simulated venues: a pure seeded exchange, and the faces that speak the venues' protocols.

Nothing here is shared with the engine or the adapters: a simulator that reuses the code under
test would agree with its mistakes.
"""
