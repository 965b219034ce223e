"""The database: tables, migrations, the group-committing writer and the readers."""
