"""HR: employees, and the mails and tasks of their first days."""
