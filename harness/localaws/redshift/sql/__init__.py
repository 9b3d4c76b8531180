"""Queries and data changes: Redshift's SQL parsed to a tree, the tree changed where PostgreSQL differs, and written as PostgreSQL's.

    grammar     the dialect for sqlglot's parser: only functions with a syntax of their own are known, all others keep their names
    scope       which columns and aliases are visible in a SELECT
    rules       what is rewritten, each rule a function on the tree
    functions   what is renamed, refused or quoted, as tables
    writer      the tree as PostgreSQL's text
    query       the way through all of them

Functions of Redshift that PostgreSQL has not are functions in the database (`install/`), so that a tree is only changed for syntax.
"""
