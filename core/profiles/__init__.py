"""Everything known of one person, told by the domains that know it."""
