"""What a database needs to answer Redshift's SQL: functions, aggregates, and the views of its catalog, as SQL files run in order."""
