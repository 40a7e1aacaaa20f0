-- A gateway may be bound to the client certificate that it shows: the SHA-256 of its DER form, in lower case. While the
-- certificate is exchanged for another, both are good.
alter table gateways
  add column certificate_sha256 text check (certificate_sha256 ~ '^[0-9a-f]{64}$'),
  add column next_certificate_sha256 text check (next_certificate_sha256 ~ '^[0-9a-f]{64}$'),
  add constraint gateways_next_certificate check (next_certificate_sha256 is null or certificate_sha256 is not null);
