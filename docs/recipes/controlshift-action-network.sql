-- Who signs or starts a petition in ControlShift (@cs) becomes an activist of Action Network (@an).
-- What it does, in what order, and what it costs: controlshift-action-network.md. In one folder:
--
--   sqlcrm listen controlshift-action-network.sql --param batch=false              as it happens
--   sqlcrm run controlshift-action-network.sql --param batch=true --max-changes 500    to catch up

-- An opt-in counts from when the box was ticked or, where your organisation asks by mail whether that
-- was meant, confirmed. Yours does not ask? Leave out `AND confirmed_at IS NOT NULL`.
CREATE OR REPLACE MACRO opt_in(joins, mailable, confirmed_at, signed_at) AS
CASE WHEN joins AND mailable AND confirmed_at IS NOT NULL THEN greatest(signed_at, confirmed_at) END;

-- What runs remember. Of people: when they last said yes and no in ControlShift; the status that
-- Action Network had, and since when at the latest; until when the changes there were our own.
ATTACH IF NOT EXISTS 'controlshift-action-network.duckdb' AS kept;
CREATE TABLE IF NOT EXISTS kept.people (
  email VARCHAR PRIMARY KEY, yes_at TIMESTAMPTZ, no_at TIMESTAMPTZ, named_at TIMESTAMPTZ,
  status VARCHAR, since TIMESTAMPTZ, until TIMESTAMPTZ);
CREATE TABLE IF NOT EXISTS kept.disowned (id BIGINT PRIMARY KEY, told_at TIMESTAMPTZ);
CREATE TABLE IF NOT EXISTS kept.petitions (title VARCHAR PRIMARY KEY, id VARCHAR);
CREATE TABLE IF NOT EXISTS kept.tags (tag VARCHAR PRIMARY KEY, id VARCHAR);

-- 1. What is new: the events at hand, or what changed since the last batch.
CREATE OR REPLACE TABLE signed AS
WITH told AS (
  FROM signature_created@cs_events UNION ALL FROM signature_updated@cs_events
  UNION ALL FROM signature_confirmed@cs_events UNION ALL FROM signature_deleted@cs_events)
SELECT id, email, first_name, last_name, postcode, petition_slug, created_at, updated_at, deleted_at,
  opt_in(join_organisation, email_opt_in_type_mailable, confirmed_at, created_at) AS yes_at
FROM told WHERE NOT $batch::BOOLEAN
UNION ALL
SELECT id, email, first_name, last_name, postcode, petition_slug, created_at, updated_at, deleted_at,
  opt_in(join_organisation, email_opt_in_type_mailable, confirmed_at, created_at)
FROM signatures@cs WHERE $batch::BOOLEAN AND updated_at > last_run('signatures@cs');

CREATE OR REPLACE TABLE petitions_now AS
SELECT slug, title, categories, creator_email, creator_first_name, creator_last_name, updated_at,
  launched AND updated_at > last_run('petitions@cs') AS started
FROM petitions@cs WHERE $batch::BOOLEAN
UNION ALL
SELECT slug, title, categories, NULL, NULL, NULL, NULL, false
FROM petitions@cs WHERE slug IN (
  SELECT petition_slug FROM signed WHERE NOT $batch::BOOLEAN
  UNION SELECT slug FROM petition_launched@cs_events WHERE NOT $batch::BOOLEAN);

-- "This was not me" is no unsubscription. Who said so is as if they had not signed.
INSERT INTO kept.disowned
SELECT id, max(greatest(updated_at, deleted_at)) FROM signed WHERE deleted_at IS NOT NULL GROUP BY id
ON CONFLICT DO UPDATE SET told_at = greatest(told_at, excluded.told_at);

CREATE OR REPLACE TABLE joined AS
SELECT 'controlshift-petition-signer' AS role, lower(trim(email)) AS email, first_name, last_name,
  postcode, petition_slug, updated_at AS told_at, yes_at
FROM signed LEFT JOIN kept.disowned d USING (id)
WHERE email IS NOT NULL AND coalesce(updated_at > d.told_at, true)
UNION ALL
SELECT 'controlshift-petition-creator', lower(trim(creator_email)), creator_first_name,
  creator_last_name, creator_postcode, slug, updated_at,
  opt_in(creator_join_organisation, creator_email_opt_in_type_mailable, creator_confirmed_at, created_at)
FROM petition_launched@cs_events WHERE creator_email IS NOT NULL AND NOT $batch::BOOLEAN
UNION ALL
SELECT 'controlshift-petition-creator', lower(trim(creator_email)), creator_first_name,
  creator_last_name, NULL, slug, updated_at, NULL
FROM petitions_now WHERE creator_email IS NOT NULL AND started;

-- Who left all mails of the organisation. The batch learns it from the nightly export, whose address
-- is good for six hours. Without one it subscribes nobody: who opted in waits for the next batch.
CREATE OR REPLACE TABLE export AS
SELECT url FROM (
  SELECT url, coalesce(try_strptime(regexp_extract(url, 'X-Amz-Date=(\w+)', 1), '%Y%m%dT%H%M%SZ'),
                       received_at) AS made_at
  FROM data_full_table_exported@cs_events WHERE "table" = 'unsubscribes' AND $batch::BOOLEAN)
WHERE made_at > now() - INTERVAL '5 hours 45 minutes' ORDER BY made_at DESC LIMIT 1;

CREATE OR REPLACE TABLE gone AS
SELECT lower(trim(email)) AS email, created_at AS no_at
FROM unsubscribe_created@cs_events WHERE unsubscribe_organisation AND NOT $batch::BOOLEAN
UNION ALL
SELECT lower(trim(u.email)), u.created_at
FROM export e JOIN exported_unsubscribes@cs u ON u.export_url = e.url WHERE u.unsubscribe_organisation;

INSERT INTO kept.people (email, yes_at, no_at)
SELECT email, max(yes_at), max(no_at)
FROM (SELECT email, yes_at, NULL AS no_at FROM joined UNION ALL SELECT email, NULL, no_at FROM gone)
WHERE email IS NOT NULL GROUP BY email
ON CONFLICT DO UPDATE SET yes_at = greatest(yes_at, excluded.yes_at), no_at = greatest(no_at, excluded.no_at);

-- 2. What Action Network has of them, and of those whose opt-in or farewell waits.
CREATE OR REPLACE TABLE there AS
SELECT m.email, a.id, a.email_status, a.given_name, a.family_name, a.postal_code, a.created_date,
  a.modified_date
FROM (SELECT email FROM joined
      UNION SELECT email FROM kept.people
      WHERE greatest(yes_at, no_at) > coalesce(since, '-infinity')
        AND ($batch::BOOLEAN OR email IN (SELECT email FROM gone))) m
LEFT JOIN people@an a ON a.email = m.email
WHERE m.email IS NOT NULL;

-- They may have decided in Action Network since the last run. When, it does not tell: at the latest
-- when the person last changed, unless that was our own doing (a run that breaks off has a day).
UPDATE kept.people AS m SET status = coalesce(t.email_status, 'unsubscribed'), until = now() + INTERVAL 1 DAY,
  since = CASE
    WHEN t.id IS NULL THEN m.since
    WHEN t.email_status = m.status AND (m.status = 'subscribed' OR t.modified_date <= m.until) THEN m.since
    WHEN t.email_status = 'subscribed' THEN CASE WHEN m.until IS NULL THEN t.created_date ELSE m.since END
    ELSE t.modified_date END
FROM there t WHERE t.email = m.email;

CREATE OR REPLACE TABLE decided AS
SELECT t.*, m.status, CASE
  WHEN no_at > coalesce(since, '-infinity') AND no_at >= coalesce(yes_at, '-infinity') THEN 'unsubscribed'
  WHEN yes_at > coalesce(since, '-infinity') AND (NOT $batch::BOOLEAN OR EXISTS (FROM export))
  THEN 'subscribed' END AS says
FROM there t JOIN kept.people m USING (email);

-- 3. People. Who is there keeps the status, unless they have said something newer; those whose mails
-- bounce or who complained keep it in any case. Who is new is subscribed by an opt-in alone.
UPDATE people@an SET email_status = d.says
FROM decided d
WHERE people.id = d.id AND d.says <> d.status AND d.status IN ('subscribed', 'unsubscribed')
  AND people.email_status = d.status
WITH OPT IN;

-- Of several signatures of one person, the latest one says how they are called.
CREATE OR REPLACE TABLE named AS
SELECT j.email, max(told_at) AS named_at,
  arg_max(trim(first_name), told_at) FILTER (trim(first_name) <> '') AS given_name,
  arg_max(trim(last_name), told_at) FILTER (trim(last_name) <> '') AS family_name,
  arg_max(trim(postcode), told_at) FILTER (trim(postcode) <> '') AS postal_code
FROM joined j JOIN kept.people m USING (email)
WHERE told_at >= coalesce(m.named_at, '-infinity') GROUP BY j.email;

UPDATE people@an SET given_name = n.given_name, family_name = n.family_name, postal_code = n.postal_code
FROM (
  SELECT t.id, coalesce(n.given_name, t.given_name) AS given_name,
    coalesce(n.family_name, t.family_name) AS family_name,
    coalesce(n.postal_code, t.postal_code) AS postal_code
  FROM named n JOIN decided t USING (email)
  WHERE n.given_name <> coalesce(t.given_name, '') OR n.family_name <> coalesce(t.family_name, '')
     OR n.postal_code <> coalesce(t.postal_code, '')) n
WHERE people.id = n.id;

CREATE OR REPLACE TABLE new AS
SELECT n.email, nullif(d.says, 'unsubscribed') AS email_status, n.given_name, n.family_name, n.postal_code
FROM named n JOIN decided d USING (email) WHERE d.id IS NULL;

INSERT INTO people@an (email, email_status, given_name, family_name, postal_code)
FROM new ON CONFLICT DO NOTHING;

CREATE OR REPLACE TABLE persons AS
SELECT email, id FROM there WHERE id IS NOT NULL
UNION ALL
SELECT n.email, a.id FROM new n JOIN people@an a ON a.email = n.email;

-- 4. Their action history: the petition, under the name of where it came from.
CREATE OR REPLACE TABLE petitions_lacking AS
SELECT DISTINCT 'Controlshift Petition' AS origin_system, title
FROM petitions_now WHERE slug IN (SELECT petition_slug FROM joined)
  AND title NOT IN (SELECT title FROM kept.petitions);

INSERT INTO petitions@an (origin_system, title) FROM petitions_lacking;

INSERT INTO kept.petitions
SELECT l.title, min(p.id)
FROM petitions_lacking l JOIN petitions@an p ON p.title = l.title AND p.origin_system = l.origin_system
GROUP BY l.title;

INSERT INTO signatures@an (petition_id, person_id)
SELECT DISTINCT a.id, p.id
FROM joined j JOIN persons p USING (email)
JOIN petitions_now c ON c.slug = j.petition_slug JOIN kept.petitions a ON a.title = c.title;

-- 5. Tags: their role, and the petition's categories.
CREATE OR REPLACE TABLE tags_wanted AS
SELECT email, role AS tag FROM joined
UNION
SELECT j.email, 'controlshift:' || unnest(c.categories)
FROM joined j JOIN petitions_now c ON c.slug = j.petition_slug;

CREATE OR REPLACE TABLE tags_lacking AS
SELECT DISTINCT tag FROM tags_wanted WHERE tag NOT IN (SELECT tag FROM kept.tags);

INSERT INTO tags@an (name) SELECT tag FROM tags_lacking;

INSERT INTO kept.tags
SELECT l.tag, min(t.id) FROM tags_lacking l JOIN tags@an t ON t.name = l.tag GROUP BY l.tag;

INSERT INTO taggings@an (tag_id, person_id)
SELECT t.id, p.id FROM tags_wanted w JOIN persons p USING (email) JOIN kept.tags t USING (tag);

-- 6. What this run leaves behind. A minute, since clocks differ.
UPDATE kept.people AS m SET until = now() + INTERVAL 1 MINUTE, named_at = greatest(m.named_at, n.named_at),
  status = CASE WHEN m.status IN ('subscribed', 'unsubscribed') THEN coalesce(d.says, m.status)
           ELSE m.status END,
  since = greatest(since, no_at, CASE WHEN NOT $batch::BOOLEAN OR EXISTS (FROM export) THEN yes_at END)
FROM decided d LEFT JOIN named n USING (email) WHERE d.email = m.email;

DETACH kept;

SELECT 'No export of unsubscribes came in the last 6 hours: nobody was subscribed or unsubscribed.' AS warning
WHERE $batch::BOOLEAN AND NOT EXISTS (FROM export);
