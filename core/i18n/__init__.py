"""Languages, digits and calendars: how the people who use Chapar read and type.

Pure and without a session: a `Reader` says for whom, the functions return text. Codes become
sentences in `catalog`, values become words in `formats`, dates change calendars in `calendar`.
"""
