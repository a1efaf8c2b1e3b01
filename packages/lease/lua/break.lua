-- Takes every lease on a maildrop away and tells the instances that held them.
--
-- KEYS[1]  lease:{p}:ID
-- ARGV[1]  instance:{p}:
-- ARGV[2]  lease-broken: (the instance behind it makes the channel; the message is the session)
-- returns  how many leases living instances held
--
-- Why a script: a session that acquires meanwhile is either broken and told, or neither.

local held = redis.call('HGETALL', KEYS[1])
local living = 0
for i = 1, #held, 2 do
  local instance, session = string.match(held[i + 1], '^%d+ (%S+)/%d+ (%S+)')
  living = living + redis.call('EXISTS', ARGV[1] .. instance)
  redis.call('PUBLISH', ARGV[2] .. instance, session)
end
redis.call('DEL', KEYS[1])
return living
