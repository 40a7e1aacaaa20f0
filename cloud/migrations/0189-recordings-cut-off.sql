-- Why a recording ends early: the gateway was restarted while it ran.
alter table alert_recordings add column reason text;
