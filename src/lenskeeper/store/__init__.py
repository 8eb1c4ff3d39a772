"""The database: engine, one writer, many readers, schema, migrations and backups; knows no camera."""
