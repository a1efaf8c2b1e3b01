-- Once after each restore of a backup, before the front ends use the database:
-- psql --file after-restore.sql poplar
begin;

-- Mail that came between the backup and now is gone, and clients may have seen it. Without a gap the next
-- mail would get its unique-ids, and clients that keep mail on the server would take it for what they have:
-- a unique-id is never used again (RFC 1939 §7). A uid has 31 bits: this can be done two thousand times.
update maildrop set next_uid = next_uid + 1000000;

-- The fence went back to where it was at the backup, and sessions from before could pass it. A new life keeps
-- them from deleting, and makes front ends that still run forget what they remember of maildrops.
delete from server_life;
insert into server_life default values;

commit;
