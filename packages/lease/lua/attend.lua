-- Says that a process answers for its sessions.
--
-- KEYS[1]  nodes, a sorted set of "instance name" by the milliseconds at which it last said so
-- ARGV[1]  "instance name"
-- returns  1
--
-- Why a script: the clock is that of Redis.

local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)), ARGV[1])
return 1
