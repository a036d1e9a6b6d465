"""FIX: text to messages and back, the sessions that carry it, the files that keep it."""
