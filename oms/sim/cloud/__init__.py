"""A simulated Cloud API venue (white-label Huobi): spot and margin accounts behind signed HTTP.

`venue.Venue` is all of it without a network: requests in, answers out, time and randomness given to it. `server` puts
it behind HTTP. "The document" in these modules is the operator's Cloud API reference; what it leaves out (withdrawals,
most error codes) follows the exchange whose interface it is.
"""
