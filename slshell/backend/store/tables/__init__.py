"""SQLAlchemy tables, one file a group."""
