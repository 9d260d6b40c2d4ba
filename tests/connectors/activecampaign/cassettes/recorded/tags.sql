SELECT id, tag, subscriber_count
FROM tags@ac
WHERE tag IN ('VIP', 'Ring "inner"', 'Événement Paris', 'O''Reilly''s list')
ORDER BY id;
