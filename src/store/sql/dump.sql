-- Everything as lines, and back: the tables say themselves how they are read and written.

-- name: DUMP_TABLES
-- scan: the schema, some dozens of rows
SELECT t.name, 'SELECT * FROM "' || t.name || '"',
        'INSERT INTO "' || t.name || '" (' || (SELECT group_concat('"' || c.name || '"') FROM pragma_table_info(t.name) c)
        || ') VALUES (' || (SELECT group_concat('?') FROM pragma_table_info(t.name) c) || ')'
FROM sqlite_schema t WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name
