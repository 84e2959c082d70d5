"""The Solana rail: what it offers, asks of the chain, and makes of what it sees there."""
