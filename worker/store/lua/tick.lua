#!lua flags=allow-oom
-- tick(now, most, tick seen ms or "") → {{queues to ring}, {runs past their expiry}, when to look again in ms or false} | {"back"}
-- A due queue is pushed on, never removed: whoever dies before publishing leaves it due again in 5 s.
local most = ARGV[2]
if went_back(ARGV[3]) then return { 'back' } end
if now - (tonumber(redis.call('GET', P .. 'turn') or '') or 0) >= 5000 then redis.call('SET', P .. 'turn', now) end
for _, q in ipairs(redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'LIMIT', 0, most)) do
  redis.call('ZADD', P .. 'due', now + 5000, q)
  redis.call('SET', P .. 'b:' .. q, now + 2000, 'PX', 2000)
  rung[#rung + 1] = q
end
for _, run in ipairs(redis.call('ZRANGEBYSCORE', P .. 'later', '-inf', now, 'LIMIT', 0, most)) do
  redis.call('ZREM', P .. 'later', run)
  local lane = redis.call('HGET', P .. 'r:' .. run, 'lane')
  if lane and redis.call('HGET', P .. 'r:' .. run, 'state') == 'scheduled' then
    redis.call('HSET', P .. 'r:' .. run, 'state', 'queued')
    redis.call('RPUSH', P .. 'l:' .. lane, run)
    wake(lane)
  end
end
local expired = redis.call('ZRANGEBYSCORE', P .. 'exp', '-inf', now, 'LIMIT', 0, most)
for _, run in ipairs(expired) do redis.call('ZADD', P .. 'exp', now + 5000, run) end
local first = false
for _, waits in ipairs({ 'due', 'later', 'exp', 'held' }) do
  local one = redis.call('ZRANGE', P .. waits, 0, 0, 'WITHSCORES')
  if one[2] and (not first or tonumber(one[2]) < tonumber(first)) then first = one[2] end
end
return { rung, expired, first }
