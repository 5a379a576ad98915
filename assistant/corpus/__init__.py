"""Files into articles into passages: reading, cleaning, metadata and exact offsets."""
