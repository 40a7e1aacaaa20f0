-- Who wrote those of a category's commands that are not destructive, by command, administrators aside: what they wrote
-- themselves, they run on many devices only with a second person. Of commands of before, nobody is known.
alter table device_categories add column written_by jsonb not null default '{}';
