"""Operations: what is in stock and how it moved."""
