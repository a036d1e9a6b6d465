"""Pure order logic: values in, values out. No I/O, clock, randomness, logging or threads."""
