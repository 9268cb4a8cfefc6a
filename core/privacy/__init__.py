"""What the law gives a person: a copy of everything, and to be forgotten everywhere."""
