-- Tags people by what another system says of them, in an Excel file.
--
-- The same as a2-from-csv.sql; read_excel also takes .xls, .xlsb and .ods.
--
--   sqlcrm sandbox activecampaign --config-out sandbox.toml
--   sqlcrm --config sandbox.toml run examples/a2-from-excel.sql

CREATE OR REPLACE TABLE contacttags_other_system@inmemorystorage AS
SELECT email, tag FROM read_excel('examples/people.xlsx', sheet => 'people');

INSERT INTO ContactTagsByContactId@ac (contact, tag)
SELECT ctt.id, tag.id
FROM contacttags_other_system@inmemorystorage ctg
JOIN contacts@ac ctt ON ctt.email = ctg.email
JOIN tags@ac tag ON tag.tag = ctg.tag;
