-- Where devices reach the MQTT broker of a gateway, as the gateway said when it last connected; null: not there.
alter table gateways
  add column mqtt_host text,
  add column mqtt_port integer,
  add column mqtt_tls_port integer;
