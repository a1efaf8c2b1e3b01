-- Asks the sessions that hold leases on a maildrop, and whose client has come back, whether anybody still
-- listens to them.
--
-- KEYS[1]  lease:{p}:ID
-- ARGV[1]  lease-asked: (the instance behind it makes the channel; the message is the session)
-- ARGV[2]  "login address" of the client that has come
-- returns  how many sessions were asked
--
-- Why a script: one round trip, and no session is asked about a lease that it has just given back.

local held = redis.call('HGETALL', KEYS[1])
local asked = 0
for i = 1, #held, 2 do
  local instance, session, client = string.match(held[i + 1], '^%d+ (%S+)/%d+ (%S+) (%S+ %S+)$')
  if client == ARGV[2] then
    redis.call('PUBLISH', ARGV[1] .. instance, session)
    asked = asked + 1
  end
end
return asked
