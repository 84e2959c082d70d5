"""The Solana chain, by its official client. Nobody else imports `solana`, `solders` or `spl` for payments.

`nodes` asks, `reading` and `parsing` understand what was answered, `building` makes transactions, `signer`
signs those of the house, `links` is Solana Pay, `rates` asks what a coin is worth.
"""
