"""Networks, one paper a file; each is a stem, stages and a head."""
