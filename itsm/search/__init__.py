"""Finding things by words: tickets through the database's own full text, everything else by registration."""
