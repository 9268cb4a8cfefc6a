"""Files people attach or upload, kept in the store."""
