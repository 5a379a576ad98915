"""Evidence into answers: retrieval, engines, citations."""
