"""Stand-ins for services outside, for demo mode and tests: processes that know nothing of the app."""
