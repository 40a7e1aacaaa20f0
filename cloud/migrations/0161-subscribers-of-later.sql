-- Nobody would tell the subscriber below of a gateway that is away already.
insert into gateway_absences (gateway_id, since)
  select id, last_seen_at from gateways
  where not connected and last_seen_at is not null and key_revoked_at is null
    and exists (select from event_order)
    and not exists (select from event_cursors where subscriber = 'alerts.gateway-absences')
  on conflict (gateway_id) do nothing;

-- These listen since this version. Where there is a log already, they begin at its end: what is long past is told to
-- nobody, and changes no alert.
insert into event_cursors (subscriber, types, position)
  select subscriber, '{}', log.position
  from unnest(array['alerts.progress', 'alerts.gateway-absences', 'alert-notices']) as subscriber,
    (select max(position) as position from event_order) as log
  where log.position is not null
  on conflict (subscriber) do nothing;
