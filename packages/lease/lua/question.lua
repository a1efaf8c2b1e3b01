-- Asks all processes something, and says who will answer.
--
-- KEYS[1]  nodes, a sorted set of "instance name" by the milliseconds at which it last said so
-- ARGV[1]  channel that they listen on
-- ARGV[2]  the question
-- ARGV[3]  milliseconds after which a process that has not said so again is gone
-- returns  "instance name" of each
--
-- Why a script: one round trip, and the clock is that of Redis. Who is gone is forgotten here.

local now = redis.call('TIME')
local gone = now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', gone))
redis.call('PUBLISH', ARGV[1], ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)
