"""The composition root: command line, configuration, daemon."""
