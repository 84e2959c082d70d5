"""A local Solana chain with play money: JSON-RPC over the Solana virtual machine, and a play wallet.

    python -m workers.doubles.chain --port 3011 --state var/chain

Nobody else's money is on it, and USDC has an address of its own.

Inside: `server`, `pages`, `control` > `rpc_*` > `wallet` > `chain` > `machine`, `store`, `slots` > the rest.
"""

USDC = "EGwPKCG2JyWUpFDquN3pKZs34WrDDdx9zLyPjWsueVsk"
