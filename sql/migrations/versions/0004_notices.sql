-- What is made of the attempts: print lots; and what partners report about them.

create schema notices;
grant usage on schema notices to espace_pipeline;

-- Grain: one lot of letters, printed and deposited together. HANDED_OVER once its manifest lies in the object store,
-- EMPTY when none of its letters could be printed.
create table notices.print_lot (
  lot_id bigint generated always as identity primary key,
  work_id bigint not null references platform.unit_of_work,
  lot_no integer not null,
  letters integer not null check (letters >= 0),
  status text not null default 'PLANNED' check (status in ('PLANNED', 'HANDED_OVER', 'DEPOSITED', 'EMPTY')),
  pages integer,
  template text,
  pdf_sha256 text,
  handed_over_at timestamptz,
  deposited_on date,
  unique (work_id, lot_no),
  check ((status in ('PLANNED', 'EMPTY')) = (pdf_sha256 is null)),
  check ((status = 'DEPOSITED') = (deposited_on is not null))
);
grant select, insert, update on notices.print_lot to espace_pipeline;

-- Grain: one line of a partner's report (bounce, deposit) and what was made of it.
create table notices.report_line (
  work_id bigint not null references platform.unit_of_work,
  line integer not null,
  outcome text not null,
  person_id bigint,
  attempt_no smallint,
  lot_id bigint,
  primary key (work_id, line)
);
grant select, insert on notices.report_line to espace_pipeline;
