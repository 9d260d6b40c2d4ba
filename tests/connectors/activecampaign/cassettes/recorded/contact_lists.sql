SELECT c.email, l.name, s.status
FROM contacts@ac c
JOIN contact_lists@ac s ON s.contact_id = c.id
JOIN lists@ac l ON l.id = s.list_id
WHERE c.id IN (2, 4)
ORDER BY ALL;
