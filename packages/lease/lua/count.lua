-- Tells every node that something is counted from now on.
--
-- KEYS[1]  attempts-counted, a sorted set: what is counted, by the time in milliseconds when it is forgotten
-- ARGV[1]  what is counted
-- ARGV[2]  milliseconds until it is forgotten
-- ARGV[3]  how many members the set may have; the soonest forgotten go first
-- ARGV[4]  channel
--
-- Why: a node that knows all that is counted anywhere need not ask before a login of which nothing is.

local now = redis.call('TIME')
local at = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at)
redis.call('ZADD', KEYS[1], at + tonumber(ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[3]) - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[4], ARGV[2] .. ' ' .. ARGV[1])
