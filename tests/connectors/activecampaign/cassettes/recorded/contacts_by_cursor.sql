SELECT id, email FROM contacts@ac WHERE id > 57 ORDER BY id;
