"""Parts of networks that two or more of them share."""
