-- The list of what is held back, the latest first, among many alerts that are not.
create index alerts_held_latest on alerts (raised_at desc, id desc) where hold is not null;
