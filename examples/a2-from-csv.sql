-- Tags people by what another system says of them, in a CSV file.
--
-- Run it twice: the second time everything is unchanged. The report names the address and the tag
-- that the CRM does not have.
--
--   sqlcrm sandbox activecampaign --config-out sandbox.toml
--   sqlcrm --config sandbox.toml run examples/a2-from-csv.sql

-- A local table of this session. read_csv is DuckDB's.
CREATE OR REPLACE TABLE contacttags_other_system@inmemorystorage AS
SELECT email, tag FROM read_csv('examples/people.csv', header = true);

-- contacts@ac and tags@ac are tables of the connection ac: only these addresses are looked up.
INSERT INTO ContactTagsByContactId@ac (contact, tag)
SELECT ctt.id, tag.id
FROM contacttags_other_system@inmemorystorage ctg
JOIN contacts@ac ctt ON ctt.email = ctg.email
JOIN tags@ac tag ON tag.tag = ctg.tag;
