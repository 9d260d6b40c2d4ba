-- Who would a campaign reach? A segment is a SELECT.
--
-- Volunteers in Belgium or the Netherlands who are subscribed to the list "Action alerts".
-- With -o the result becomes a file; its suffix says which format.
--
--   sqlcrm sandbox activecampaign --config-out sandbox.toml
--   sqlcrm --config sandbox.toml run examples/who-would-a-campaign-reach.sql -o reach.csv

SELECT DISTINCT c.id, c.email, c.first_name, c.country
FROM tags@ac t
JOIN contact_tags@ac ct ON ct.tag_id = t.id
JOIN contacts@ac c ON c.id = ct.contact_id
JOIN contact_lists@ac cl ON cl.contact_id = c.id
JOIN lists@ac l ON l.id = cl.list_id
WHERE t.tag = 'Volunteer'
  AND c.country IN ('BE', 'NL')
  AND l.name = 'Action alerts'
  AND cl.status = 1                    -- subscribed
ORDER BY c.id;
