-- Says that an instance lives, in one partition.
--
-- KEYS[1]  instance:{p}:ID
-- ARGV[1]  generation
-- ARGV[2]  milliseconds that the heartbeat lasts
-- returns  1 if the heartbeat was there, 0 if it was gone
--
-- Why not SET: a beat that was stuck in a connection given up since must not take the generation back. The
-- generation is what keeps acquire.lua from executing stuck commands.

local before = redis.call('GET', KEYS[1])
if before and tonumber(before) > tonumber(ARGV[1]) then
  return 1
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return before and 1 or 0
