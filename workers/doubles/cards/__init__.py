"""The card processor of demo mode and tests: Stripe's HTTP API, its pages and its webhooks, with play money.

It is a process of its own and knows nothing of the application but the clock that both follow.
"""
