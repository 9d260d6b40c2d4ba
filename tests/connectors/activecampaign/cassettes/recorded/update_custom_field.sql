UPDATE contacts@ac SET country = 'NZ', interests = ['Housing', 'Éducation'] WHERE id = 4;
SELECT country, interests FROM contacts@ac WHERE id = 4;
