"""The simulated venue over HTTP and WebSocket: the REST methods, the order stream and the market data.

Written from the venue's document alone (Apifiny Connect, as published in April 2021). `methods` names every
method; `app` is the way in: it checks the signature, the account and the fields, and writes the standard response.
"""
