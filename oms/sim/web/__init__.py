"""What every simulated venue needs to answer over HTTP and WebSocket. Knows no venue.

A venue is an ASGI application (Starlette), wrapped in `faults.FaultyHttp`, run by `server.Server`:

    rates = parse_rates(["http-timeout-after@Trade=0.5"], MEANINGS)   # a ValueError is one line for people
    faults = FaultyHttp(Starlette(routes=[...]), Conduct(rates, seed=1), operation=..., noted=...)
    server = Server(faults, port=0)      # the port is taken here: an OSError says that it cannot be had
    server.start()                       # returns when requests are answered
    print(f"ready http={server.port}", flush=True)
    ...
    server.stop()                        # ends open connections, waits for the thread; may be called twice

Requests are serial: all handlers run on the one event loop of the server's thread, so an `async def` endpoint that
awaits its body first and then asks the exchange without another `await` is atomic. Never write the endpoint as a
plain `def`: Starlette would run it on a thread of its own. A venue that is also asked from elsewhere (a FIX session,
a timeline of other participants) takes its own lock around the exchange.

`operation(scope, body)` names what a request asks, in the venue's own words (`Trade`, `order.insertOrderLite`,
`POST /v1/order`): NAME@OPERATION=RATE aims a fault at it. `noted(fault, operation, body)` is for the venue's record.

`text` reads and writes JSON with decimals as exact numbers; `sockets` pushes messages to WebSocket clients, with
their faults (`ws-drop`, `ws-repeat`, `ws-reorder`).
"""
