"""Passages into an index on disk: embedder, vectors, library, generations, build."""
