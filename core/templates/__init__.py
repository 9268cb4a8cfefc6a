"""Users' templates: versioned subject and body in several languages, compiled and rendered."""
