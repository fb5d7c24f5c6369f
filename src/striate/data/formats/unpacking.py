"""How much a packed file may hold: a few megabytes can announce terabytes."""

MOST = 2**30
"""Bytes that may come out of any file, however well it was packed."""
RATIO = 25
"""Bytes that may come out of one beyond that; photos and digits pack to a half or a fifth."""


def require_room(packed: int, unpacked: int) -> None:
    """Refuse a file that would unpack to more than its size makes likely.

    Raises:
        ValueError: it would.

    >>> require_room(packed=10_000_000, unpacked=47_040_016)
    """
    if unpacked > max(MOST, RATIO * packed):
        raise ValueError(f"its {packed:,} bytes would become {unpacked:,}; unpack it first if that is meant")
