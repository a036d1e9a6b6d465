"""Secrets: keys that sign, codes that are money. They show themselves to nobody by accident."""

import hashlib


class Secret:
    """A secret that shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keep `value`."""
        self._value = value

    def reveal(self) -> str:
        """Give the secret itself; only what signs with it calls this."""
        return self._value

    def __repr__(self) -> str:
        """Show that there is one."""
        return "Secret('***')"

    __str__ = __repr__


def fingerprint(secret: Secret) -> str:
    """Name a secret in records without telling it: enough to know it again, for whoever has it."""
    return f"sha256:{hashlib.sha256(secret.reveal().encode()).hexdigest()[:16]}"
