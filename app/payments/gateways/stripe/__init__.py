"""Stripe, by its own SDK: one module for each of its objects that we use."""
