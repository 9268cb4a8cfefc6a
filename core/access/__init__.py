"""Who may do what: the actor, the permission table and the only functions that answer "may I"."""
