"""Look inside a network: which pixels an answer depends on."""
