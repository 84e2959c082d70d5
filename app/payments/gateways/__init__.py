"""Each provider's client is imported below here and nowhere else.

A gateway takes and gives plain values, is asked outside of transactions, and raises what
app/payments/errors.py knows: `Unsure`, `Impossible`, `Declined`.
"""
