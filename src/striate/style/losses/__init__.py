"""What a painting costs: losses (content and style), gram (Gram matrices), total_variation."""
