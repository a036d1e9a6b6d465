"""The simulated WEEX venue: Trade API v1 (`POST /tapi`) and public API v3 (`/api/3/...`).

Pure, with the time as an argument: `market` (the pairs), `funds`, `floor` (where orders meet), `exchange` (orders and
their rules), `treasury` (deposits, withdrawals, coupons), `history` (which rows are shown). What speaks: `access`
(keys, signatures, nonces), `private` and `public` (the methods), `serve` (HTTP). Nothing here is shared with what it
tests.
"""
