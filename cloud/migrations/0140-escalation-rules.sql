-- A policy was one rule for all error codes above a number; now it is a list of rules. A fault episode keeps a copy of
-- the rule that covered it.
create function pg_temp.escalation_rule(former jsonb) returns jsonb language sql as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'when', jsonb_build_object('errorCodes',
      jsonb_build_array(jsonb_build_object('from', (former ->> 'errorCodeAbove')::integer + 1))),
    'remedies', case when former ? 'remedy' then jsonb_build_array(former -> 'remedy') else '[]'::jsonb end,
    'verify', former -> 'verify',
    'otherwise', case when former ->> 'onUnremedied' <> 'case' then 'none'
      when former ? 'workOrder' then 'case-and-work-order' else 'case' end,
    'incidentTypeId', former #> '{workOrder,incidentTypeId}',
    'priority', former -> 'priority'))
$$;
update device_categories
set escalation_policy = jsonb_build_object('rules', case
  when (escalation_policy ->> 'errorCodeAbove')::integer >= 65535 then '[]'::jsonb
  else jsonb_build_array(pg_temp.escalation_rule(escalation_policy)) end)
where escalation_policy ? 'errorCodeAbove';
update escalations set policy = pg_temp.escalation_rule(policy) where policy ? 'errorCodeAbove';

alter table escalations
  -- The remedy that is tried now, or next after a wait.
  add column remedy jsonb,
  add column work_order_id uuid,
  drop constraint escalations_state_check,
  add constraint escalations_state_check check (state in
    ('open', 'remedying', 'verifying', 'remedied', 'unremedied', 'case-opened', 'work-order-opened')),
  add constraint escalations_work_order_of_state check (state <> 'work-order-opened' or work_order_id is not null);
create unique index escalations_one_work_order on escalations (work_order_id) where work_order_id is not null;
