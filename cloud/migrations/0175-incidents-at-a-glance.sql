-- Whether an incident's members still come, and whether one of them lasts, is each one look at an index.
create index alerts_latest_of_incident on alerts (incident_id, created_at) where incident_id is not null;
create index alerts_lasting_of_incident on alerts (incident_id, created_at)
  where incident_id is not null and condition = 'active' and status <> 'closed';
drop index alerts_by_incident;
