-- New people with their tags: what does not exist yet is inserted first, then linked.
--
-- Run it twice: the second time everything is unchanged.
--
--   sqlcrm sandbox activecampaign --config-out sandbox.toml
--   sqlcrm --config sandbox.toml run examples/new-contacts-and-tags.sql

CREATE OR REPLACE TABLE signups@inmemorystorage AS
SELECT * FROM (VALUES
    ('amal@example.org',  'Amal',  'Spring action', 'Cooperative Bakery'),
    ('bruno@example.org', 'Bruno', 'Spring action', NULL),
    ('chloe@example.org', 'Chloe', 'Press',         'Cooperative Bakery')
) t(email, first_name, tag, company);

-- A plain INSERT never changes a row that exists.
INSERT INTO contacts@ac (email, first_name)
SELECT email, first_name FROM signups;

INSERT INTO tags@ac (tag)
SELECT DISTINCT tag FROM signups;

INSERT INTO accounts@ac (name)
SELECT DISTINCT company FROM signups WHERE company IS NOT NULL;

-- Applying a tag twice changes nothing.
INSERT INTO contact_tags@ac (contact_id, tag_id)
SELECT c.id, t.id
FROM signups s
JOIN contacts@ac c ON c.email = s.email
JOIN tags@ac t ON t.tag = s.tag AND t.tag_type = 'contact';

INSERT INTO account_contacts@ac (contact_id, account_id)
SELECT c.id, a.id
FROM signups s
JOIN contacts@ac c ON c.email = s.email
JOIN accounts@ac a ON a.name = s.company;
