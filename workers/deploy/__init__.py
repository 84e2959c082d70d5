"""A new release beside the one that runs: checked, switched to, or taken back by itself."""
