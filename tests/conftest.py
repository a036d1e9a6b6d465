"""What all tests share: how Hypothesis searches."""

from hypothesis import HealthCheck, settings

# No deadline: a busy machine is not a failure. `--hypothesis-profile=long` searches for longer, by hand.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("default"), max_examples=5_000)
settings.load_profile("default")
