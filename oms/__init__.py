"""An open order-management engine for institutional crypto desks."""

__version__ = "0.1.0"
