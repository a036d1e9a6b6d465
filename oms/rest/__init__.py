"""Venues that are spoken to by REST and WebSocket: what carries, what paces, and one package for each venue."""
