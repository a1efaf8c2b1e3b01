-- Remembers who came from where.
--
-- KEYS[1]  attempts-known, a sorted set of marks, by the time in seconds when they are forgotten
-- ARGV[1]  seconds until then
-- ARGV[2]  how many marks are kept; the soonest forgotten go first
-- ARGV[3]  and following: marks

local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for i = 3, #ARGV do
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[i])
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[2]) - 1)
redis.call('EXPIRE', KEYS[1], ARGV[1])
