-- Takes the lease on one view of a maildrop, unless a living session holds a view that excludes it.
--
-- KEYS[1]  lease:{p}:ID, a hash of view field -> "token instance/number session login address"
-- ARGV[1]  instance:{p}: (heartbeats lie in the same slot; which ones are looked at depends on the holders)
-- ARGV[2]  own instance
-- ARGV[3]  generation of the instance
-- ARGV[4]  milliseconds that a heartbeat lasts
-- ARGV[5]  view field: "*" for the whole maildrop, "=john" for a local part
-- ARGV[6]  "instance/number session login address"
-- ARGV[7]  milliseconds to keep the hash when nobody touches it any more
-- returns  the token as a string; nil if the view is taken
--
-- Why one script: looking, burying the dead and taking must not let another login in between. The dead that
-- stand in the way are deleted, so that an instance that was only paused does not find itself holding beside
-- the new holder. The token is Redis' clock in microseconds, raised above every token it replaces: it needs
-- no key of its own, and it keeps growing when Redis lost all it knew, which a counter would not.
--
-- Why generations: an acquire may reach Redis long after its instance gave the connection up and told the
-- client no. Nobody would ever release what it took. So an instance that is not sure of a command beats with
-- a higher generation from then on, and what older ones still bring is refused.

local own = ARGV[1] .. ARGV[2]
local beat = tonumber(redis.call('GET', own) or 0)
local generation = tonumber(ARGV[3])
if beat > generation then
  return redis.error_reply('STALE a later generation of this instance has spoken')
end

local now = redis.call('TIME')
local token = tonumber(now[1]) * 1000000 + tonumber(now[2])

local held
if ARGV[5] == '*' then
  held = redis.call('HGETALL', KEYS[1])
else
  local values = redis.call('HMGET', KEYS[1], '*', ARGV[5])
  held = { '*', values[1], ARGV[5], values[2] }
end

for i = 1, #held, 2 do
  if held[i + 1] then
    local old, instance = string.match(held[i + 1], '^(%d+) (%S+)/')
    -- The same attempt, sent again by a Cluster client that lost the answer.
    if held[i + 1] == old .. ' ' .. ARGV[6] then
      return old
    end
    -- We are alive, whatever became of our heartbeat.
    if instance == ARGV[2] or redis.call('EXISTS', ARGV[1] .. instance) == 1 then
      return nil
    end
    redis.call('HDEL', KEYS[1], held[i])
    token = math.max(token, tonumber(old) + 1)
  end
end

-- Not '..' on the number: that would round it.
local text = string.format('%.0f', token)
redis.call('HSET', KEYS[1], ARGV[5], text .. ' ' .. ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
-- A lease counts only beside a heartbeat; after a flush the next one may be seconds away.
if beat < generation then
  redis.call('SET', own, ARGV[3], 'PX', ARGV[4])
end
return text
