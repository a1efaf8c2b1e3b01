-- Gives a lease back, if it is still the same one.
--
-- KEYS[1]  lease:{p}:ID
-- ARGV[1]  view field
-- ARGV[2]  "instance/number", unique for each attempt to acquire
-- returns  1 if it was deleted, 0 if it was gone or another's
--
-- Why a script: between reading and deleting, the lease may pass to another session.

local value = redis.call('HGET', KEYS[1], ARGV[1])
if value and string.match(value, '^%d+ (%S+)') == ARGV[2] then
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0
