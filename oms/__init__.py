"""An open order-management engine for institutional crypto desks."""
