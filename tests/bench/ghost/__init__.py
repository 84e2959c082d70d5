"""P15: Fanlight beside Ghost on one machine. Not in `make bench`, because Ghost does not come with us."""
