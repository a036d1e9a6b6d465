"""Real processes on loopback: the daemon as users start it, the simulated venue, `kill -9`."""
