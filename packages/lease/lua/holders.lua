-- Lists the leases on a maildrop that living instances hold.
--
-- KEYS[1]  lease:{p}:ID
-- ARGV[1]  instance:{p}:
-- returns  view field, value, view field, value, …
--
-- Why a script: who holds and who lives must be read at one moment.

local held = redis.call('HGETALL', KEYS[1])
local living = {}
for i = 1, #held, 2 do
  local instance = string.match(held[i + 1], '^%d+ (%S+)/')
  if redis.call('EXISTS', ARGV[1] .. instance) == 1 then
    table.insert(living, held[i])
    table.insert(living, held[i + 1])
  end
end
return living
