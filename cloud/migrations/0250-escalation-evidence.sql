-- What says that a remedy helped: an alert that a reading of GOOD quality ended after the device had begun the remedy.
alter table escalations
  add column remedy_begun_at timestamptz,
  add column cleared_good_at timestamptz,
  add column cleared_blindly boolean not null default false;

update escalations set
  remedy_begun_at = (
    select min(at) from command_history
    where command_history.command_id = escalations.command_id and state in ('EXECUTING', 'SUCCEEDED')),
  cleared_good_at = (
    select max(gateway_time)
    from escalation_alerts join alert_transitions on alert_transitions.alert_id = escalation_alerts.alert_id
    where escalation_id = escalations.id and transition = 'cleared' and quality = 'GOOD')
where state in ('remedying', 'verifying');
