DELETE FROM contact_tags@ac WHERE contact_id = 4 AND tag_id = 1;
SELECT tag_id FROM contact_tags@ac WHERE contact_id = 4;
