-- Lists what is counted: key, milliseconds until it is forgotten, and so on.
--
-- KEYS[1]  attempts-counted, as count.lua makes it

local now = redis.call('TIME')
local at = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
local counted = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. at, '+inf', 'WITHSCORES')
for i = 2, #counted, 2 do
  counted[i] = tostring(math.floor(tonumber(counted[i]) - at))
end
return counted
