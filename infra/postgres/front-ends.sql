-- Once, as the owner of the database, when the schema is there:
-- POPLAR_POSTGRES_URL=OWNER'S-URL poplar db migrate; psql --file front-ends.sql poplar
--
-- Then front ends can use the role `poplar_app`, which reads and writes mail and can change nothing of the
-- schema: who takes a front end over can drop no table, make no function, and read no file of that host.
-- Each new version is migrated by the owner before the first front end of it starts.
begin;

do $$ begin
  if not exists (select from pg_roles where rolname = 'poplar_app') then
    create role poplar_app login nosuperuser nocreatedb nocreaterole noreplication;
  end if;
end $$;

revoke all on schema public from public;
grant usage on schema public to poplar_app;
grant select, insert, update, delete on all tables in schema public to poplar_app;
-- What was migrated is the owner's word; the lock is taken by reading.
revoke insert, update, delete on kysely_migration, kysely_migration_lock from poplar_app;

-- For what later versions make.
alter default privileges in schema public grant select, insert, update, delete on tables to poplar_app;

commit;
