"""Devices, precision and several processes: fabric (Lightning Fabric), fsdp (weights in pieces), hardware."""
