"""Services that cannot be reached from a test, speaking their own protocols over sockets."""
