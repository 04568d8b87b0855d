"""The database: what the cloud was asked for and has promised."""
