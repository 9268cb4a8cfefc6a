"""Many people at once: contacts from files and back into files, bulk edits, list hygiene."""
