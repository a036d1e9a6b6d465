"""Histories that try to break the engine: one seed, one history, virtual time. Start reading at `world`."""
