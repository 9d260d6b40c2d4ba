DELETE FROM contacts@ac WHERE id = 5;
SELECT id FROM contacts@ac WHERE id = 5;
