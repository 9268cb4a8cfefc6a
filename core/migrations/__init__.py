"""The schema's history, and the verbs that bring a store up to date."""
