"""Pictures as vectors: embed them, draw them as a map, find the nearest ones."""

from striate.explain.embeddings.embed import embed
from striate.explain.embeddings.embedding_map import embedding_map
from striate.explain.embeddings.neighbours import neighbours
from striate.explain.embeddings.search import search

__all__ = ["embed", "embedding_map", "neighbours", "search"]
