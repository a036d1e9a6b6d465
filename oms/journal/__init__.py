"""The journal: durable, append-only, chained. `spec/journal.md` describes the file; start reading at `sqlite`."""
