"""WEEX Trade API v1 and its public API v3: typed requests and answers, nonces, refusals, snapshots."""
