-- What lies on a shelf, page by page, the first to come back first.
create index alert_shelves_open on alert_shelves (until_time, id) where ended_at is null;
drop index alert_shelves_due;
