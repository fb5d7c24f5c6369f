"""Paint with a network: textures, pictures in another's style, and networks that learn a style once."""
