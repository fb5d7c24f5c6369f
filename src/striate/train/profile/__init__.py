"""What a network costs here: profile (time and memory), memory, lr_finder (which learning rate)."""
