-- Where a row stood in the table that was sent; a list has no lines.
alter table device_registration_rows add column line integer;
