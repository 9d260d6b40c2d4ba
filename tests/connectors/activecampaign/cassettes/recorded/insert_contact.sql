INSERT INTO contacts@ac (email, first_name, country) VALUES
    ('new.person@example.org', 'Zoë', 'NL'),
    ('ava.abdullah@mail.example.com', 'Ava', 'AU');
SELECT email, first_name, country FROM contacts@ac WHERE email = 'new.person@example.org';
