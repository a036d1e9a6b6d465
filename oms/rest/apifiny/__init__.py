"""Apifiny Connect by REST and WebSocket: every method of its document. Start reading at `client`."""
