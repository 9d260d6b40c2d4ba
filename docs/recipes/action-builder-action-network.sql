-- An Action Builder campaign (@ab) and an Action Network group (@an) share their people, both ways.
-- What it does, in what order, and what it costs: action-builder-action-network.md. In a folder of
-- its own for each campaign, with action-builder-action-network.csv beside it:
--
--   sqlcrm run action-builder-action-network.sql --every 1h --param magic="Action Builder"
--     --max-changes 500 --max-deletes 50

SET cache_ttl = '1 hour';  -- each list of tags is read once a run

-- Which answer of the campaign is which tag of the group: one is one.
CREATE OR REPLACE TABLE mapping
  (section VARCHAR, field VARCHAR, answer VARCHAR, tag VARCHAR UNIQUE, UNIQUE (section, field, answer));
INSERT INTO mapping SELECT section, field, answer, tag
FROM read_csv('action-builder-action-network.csv', header = true, all_varchar = true);

-- What both sides had when they last agreed: it tells which side a difference comes from. `coming`
-- is what a run is about to write to the campaign: found there after a crash, it is nobody's edit.
ATTACH IF NOT EXISTS 'action-builder-action-network.duckdb' AS agreed;
CREATE TABLE IF NOT EXISTS agreed.people (email VARCHAR PRIMARY KEY, builder_id VARCHAR);
CREATE TABLE IF NOT EXISTS agreed.facts
  (email VARCHAR, fact VARCHAR, value VARCHAR, coming VARCHAR, PRIMARY KEY (email, fact));
CREATE TABLE IF NOT EXISTS agreed.mapping AS FROM mapping;

-- 1. Who changed since the last run, and what both sides have of them.
CREATE OR REPLACE TABLE builder AS
SELECT id, lower(email) AS email, email_status, given_name, family_name, phone_number AS phone,
       latest_assessment, created_date
FROM people@ab WHERE modified_date > last_run('people@ab') AND email IS NOT NULL;

CREATE OR REPLACE TABLE network AS
SELECT id, lower(email) AS email, given_name, family_name, phone
FROM people@an WHERE modified_date > last_run('people@an') AND email IS NOT NULL;

CREATE OR REPLACE TABLE changed AS
SELECT email FROM builder UNION SELECT email FROM network
UNION SELECT email FROM agreed.people WHERE EXISTS (FROM mapping EXCEPT FROM agreed.mapping);

INSERT INTO builder
SELECT p.id, c.email, p.email_status, p.given_name, p.family_name, p.phone_number,
       p.latest_assessment, p.created_date
FROM (SELECT email FROM changed EXCEPT SELECT email FROM builder) c
JOIN people@ab p ON p.email = c.email;

INSERT INTO network
SELECT p.id, c.email, p.given_name, p.family_name, p.phone
FROM (SELECT email FROM changed EXCEPT SELECT email FROM network) c
JOIN people@an p ON p.email = c.email;

-- Of several entities with one address, the first one is meant, for good.
CREATE OR REPLACE TABLE builder AS
SELECT b.* FROM builder b LEFT JOIN agreed.people a ON a.email = b.email
WHERE coalesce(a.builder_id, b.id) = b.id
QUALIFY row_number() OVER (PARTITION BY b.email ORDER BY b.created_date, b.id) = 1;

CREATE OR REPLACE TABLE network_tags AS
SELECT n.id, n.email, g.id AS tag_id, g.name AS tag
FROM network n JOIN taggings@an t ON t.person_id = n.id JOIN tags@an g ON g.id = t.tag_id;

-- 2. People. Who was on both sides, and is gone from one, was taken out there: nobody comes back.
INSERT INTO people@an (email, email_status, given_name, family_name)
SELECT email, CASE WHEN email_status = 'subscribed' THEN 'subscribed' END, given_name, family_name
FROM builder
WHERE email NOT IN (SELECT email FROM network) AND email NOT IN (SELECT email FROM agreed.people);

INSERT INTO people@ab (email, given_name, family_name, phone_number)
SELECT email, given_name, family_name, phone
FROM network
WHERE email IN (SELECT email FROM network_tags WHERE tag = $magic)
  AND email NOT IN (SELECT email FROM builder) AND email NOT IN (SELECT email FROM agreed.people);

INSERT INTO network
SELECT p.id, b.email, p.given_name, p.family_name, p.phone
FROM (SELECT email FROM builder
      EXCEPT SELECT email FROM network EXCEPT SELECT email FROM agreed.people) b
JOIN people@an p ON p.email = b.email;

INSERT INTO builder
SELECT p.id, n.email, p.email_status, p.given_name, p.family_name, p.phone_number,
       p.latest_assessment, p.created_date
FROM (SELECT email FROM network_tags WHERE tag = $magic
      EXCEPT SELECT email FROM builder EXCEPT SELECT email FROM agreed.people) n
JOIN people@ab p ON p.email = n.email;

CREATE OR REPLACE TABLE pairs AS
SELECT email, builder.id AS builder_id, network.id AS network_id
FROM builder JOIN network USING (email);

-- 3. The facts of each: a value, or a tag as #tag, which is there or not.
CREATE OR REPLACE TABLE builder_facts AS
SELECT email, fact, value
FROM (UNPIVOT builder ON given_name, family_name, phone INTO NAME fact VALUE value)
UNION
SELECT w.email, '#' || m.tag, 'yes'
FROM pairs w JOIN taggings@ab t ON t.person_id = w.builder_id
JOIN mapping m ON (m.section, m.field, m.answer) = (t.section, t.field, t.name)
UNION
SELECT b.email, '#' || m.tag, 'yes'
FROM builder b JOIN mapping m
ON m.field = 'latest_assessment' AND m.answer = b.latest_assessment::VARCHAR;

CREATE OR REPLACE TABLE network_facts AS
SELECT email, fact, value
FROM (UNPIVOT network ON given_name, family_name, phone INTO NAME fact VALUE value)
UNION
SELECT email, '#' || tag, 'yes' FROM network_tags WHERE tag IN (SELECT tag FROM mapping);

-- A tag that is mapped otherwise than before was not agreed on.
DELETE FROM agreed.facts
WHERE fact IN (SELECT '#' || tag FROM (FROM agreed.mapping EXCEPT FROM mapping));

-- What both are to have: what the campaign changed, else what the group has. Nothing erases a value.
CREATE OR REPLACE TABLE wanted AS
SELECT email, fact, b.value AS at_builder, n.value AS at_network, a.value AS agreed,
  CASE WHEN b.value IS DISTINCT FROM a.value AND b.value IS DISTINCT FROM a.coming THEN b.value
       ELSE n.value END AS value
FROM builder_facts b FULL JOIN network_facts n USING (email, fact)
FULL JOIN agreed.facts a USING (email, fact)
WHERE email IN (SELECT email FROM pairs);

UPDATE wanted SET value = coalesce(value, at_network, at_builder) WHERE fact NOT LIKE '#%';

-- Of a field that takes one answer, the newest one stays; of two, the campaign's.
CREATE OR REPLACE TABLE crowded AS
SELECT email, fact, m.section, m.field, m.answer
FROM wanted JOIN mapping m ON fact = '#' || m.tag WHERE value = 'yes'
QUALIFY row_number() OVER (PARTITION BY email, m.section, m.field ORDER BY
  at_builder IS NULL OR agreed IS NOT NULL, at_network IS NULL OR agreed IS NOT NULL, fact) > 1;

UPDATE wanted SET value = NULL FROM (
  SELECT email, fact FROM crowded WHERE field = 'latest_assessment' AND section IS NULL
  UNION
  SELECT email, fact FROM crowded c JOIN tags@ab t
  ON t.name = c.answer AND t.section = c.section AND t.field = c.field
  WHERE t.allow_multiple_responses IS NOT TRUE) c
WHERE wanted.email = c.email AND wanted.fact = c.fact;

-- The group keeps a number with one person: it is taken from nobody.
CREATE OR REPLACE TABLE numbers AS
SELECT email, value, row_number() OVER (PARTITION BY value ORDER BY email) > 1 AS taken
FROM wanted WHERE fact = 'phone' AND value IS DISTINCT FROM at_network;

UPDATE wanted SET value = at_network
FROM (SELECT email FROM numbers WHERE taken UNION
      SELECT n.email FROM numbers n JOIN people@an p ON p.phone = n.value) n
WHERE wanted.email = n.email AND wanted.fact = 'phone';

INSERT INTO agreed.facts
SELECT email, fact, agreed, CASE WHEN at_builder IS DISTINCT FROM value THEN value ELSE agreed END
FROM wanted
ON CONFLICT DO UPDATE SET coming = excluded.coming;

-- 4. Values.
CREATE OR REPLACE TABLE values_of AS
SELECT builder_id, network_id, max(value) FILTER (fact = 'given_name') AS given_name,
  max(value) FILTER (fact = 'family_name') AS family_name, max(value) FILTER (fact = 'phone') AS phone,
  bool_or(value IS DISTINCT FROM at_network) AS to_network,
  bool_or(value IS DISTINCT FROM at_builder AND fact <> 'phone') AS to_builder
FROM wanted JOIN pairs USING (email) WHERE fact NOT LIKE '#%' GROUP BY ALL;

UPDATE people@an SET given_name = w.given_name, family_name = w.family_name, phone = w.phone
FROM values_of w WHERE w.to_network AND people.id = w.network_id;

UPDATE people@ab SET given_name = w.given_name, family_name = w.family_name
FROM values_of w WHERE w.to_builder AND people.id = w.builder_id;

INSERT INTO phone_numbers@ab (person_id, number)
SELECT builder_id, value FROM wanted JOIN pairs USING (email)
WHERE fact = 'phone' AND value <> coalesce(at_builder, '')
ON CONFLICT DO NOTHING;

-- 5. Tags and answers.
CREATE OR REPLACE TABLE answers AS
SELECT w.*, builder_id, network_id, m.*
FROM wanted w JOIN pairs USING (email) JOIN mapping m ON fact = '#' || m.tag;

INSERT INTO tags@an (name)
SELECT DISTINCT tag FROM answers WHERE value = 'yes' AND at_network IS NULL;

INSERT INTO taggings@an (tag_id, person_id)
SELECT g.id, w.network_id
FROM (SELECT tag, network_id FROM answers WHERE value = 'yes' AND at_network IS NULL) w
JOIN tags@an g ON g.name = w.tag;

DELETE FROM taggings@an USING answers w, network_tags n
WHERE w.value IS NULL AND w.at_network = 'yes' AND n.email = w.email AND n.tag = w.tag
  AND taggings.person_id = w.network_id AND taggings.tag_id = n.tag_id;

INSERT INTO taggings@ab (person_id, section, field, name)
SELECT builder_id, section, field, answer FROM answers
WHERE value = 'yes' AND at_builder IS NULL AND section IS NOT NULL;

DELETE FROM taggings@ab USING answers w
WHERE w.value IS NULL AND w.at_builder = 'yes' AND taggings.person_id = w.builder_id
  AND (taggings.section, taggings.field, taggings.name) = (w.section, w.field, w.answer);

CREATE OR REPLACE TABLE assessments AS
SELECT builder_id, max(answer::INTEGER) FILTER (value = 'yes') AS level
FROM answers WHERE section IS NULL AND field = 'latest_assessment'
GROUP BY builder_id HAVING bool_or(value IS DISTINCT FROM at_builder);

UPDATE people@ab SET latest_assessment = w.level FROM assessments w WHERE people.id = w.builder_id;

-- 6. What both sides agree on now: all but what was refused, which later runs meet again. With
-- --plan the script ends here, since the first statement reads what would have been written.
CREATE OR REPLACE TABLE planned AS
SELECT n.id FROM (FROM pairs LIMIT 0) w
JOIN people@an n ON n.id = w.network_id JOIN people@ab b ON b.id = w.builder_id;

CREATE OR REPLACE TABLE refused AS
SELECT DISTINCT f.email, f.fact
FROM wanted f JOIN pairs USING (email) LEFT JOIN mapping m ON f.fact = '#' || m.tag
JOIN operations@sqlcrm o
  ON coalesce(o.natural_key ->> 'person_id', o.new_values ->> 'person_id', o.key ->> 'id')
     IN (builder_id, network_id)
WHERE o.state NOT IN ('done', 'unchanged')
  AND o.run_id IN (SELECT run_id FROM runs@sqlcrm WHERE state = 'running')
  AND CASE o.table_name
      WHEN 'people' THEN f.fact NOT LIKE '#%' OR m.section IS NULL
      WHEN 'phone_numbers' THEN f.fact = 'phone'
      ELSE f.fact LIKE '#%' AND coalesce(o.natural_key ->> 'name', m.answer) = m.answer END;

UPDATE agreed.facts AS a SET value = w.value, coming = w.value
FROM (SELECT email, fact, CASE fact WHEN 'phone' THEN coalesce(at_builder, value) ELSE value END AS value
      FROM wanted ANTI JOIN refused USING (email, fact)) w
WHERE a.email = w.email AND a.fact = w.fact;
DELETE FROM agreed.facts WHERE value IS NULL AND coming IS NULL;
INSERT OR REPLACE INTO agreed.people SELECT email, builder_id FROM pairs;
CREATE OR REPLACE TABLE agreed.mapping AS FROM mapping;
