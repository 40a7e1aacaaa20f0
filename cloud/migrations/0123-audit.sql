-- The trail of what people and their programs did, apart from the many events of machines.
create index events_by_people on events (id)
  where actor not like 'system:%' and actor not like 'gateway:%';
create index events_by_actor on events (actor, id)
  where actor not like 'system:%' and actor not like 'gateway:%';
