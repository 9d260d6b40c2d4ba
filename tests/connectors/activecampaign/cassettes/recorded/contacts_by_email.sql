SELECT id, email, first_name, country, interests
FROM contacts@ac
WHERE email IN ('ava.abdullah@mail.example.com', 'siobhan.mcdonald@example.net', 'nobody@example.org')
ORDER BY id;
