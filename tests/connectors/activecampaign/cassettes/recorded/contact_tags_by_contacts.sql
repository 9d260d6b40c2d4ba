SELECT contact_id, tag_id FROM contact_tags@ac WHERE contact_id IN (2, 4, 5) ORDER BY ALL;
