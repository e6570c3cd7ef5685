-- Keeps that a partner's file was taken in, or refused whole with a sentence. Idempotency key: (kind, object_key, sha256).
insert into platform.inbound_file (work_id, kind, object_key, sha256, lines, refusal)
values (:work_id, :kind, :name, :sha256, :lines, :refusal)
