"""The card rail: what it offers, asks of the processor, and makes of what it hears."""
