"""Service transition: the knowledge base."""
