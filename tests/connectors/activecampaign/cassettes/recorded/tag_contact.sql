INSERT INTO contact_tags@ac (contact_id, tag_id)
SELECT c.id, t.id
FROM contacts@ac c, tags@ac t
WHERE c.email IN ('ava.abdullah@mail.example.com', 'aroha.jackson@mail.example.com')
AND t.tag = 'VIP';
SELECT contact_id FROM contact_tags@ac WHERE contact_id IN (4, 5) AND tag_id = 1 ORDER BY ALL;
