"""One suite of stories for every kind of venue: real daemon, real simulator, only declared differences."""
