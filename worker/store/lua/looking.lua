#!lua flags=allow-oom
-- looking(now, most, give up after ms) → {{runs to look into now}, {runs whose time for proof is over}}
-- After 5 s, 30 s, 2 min, 10 min and then hourly, until proven, and a last time when its time is over; whoever dies while
-- looking costs one turn, whoever dies before it was decided what becomes of it (settle, resume, hold) a minute.
local AFTER = { 30000, 120000, 600000 }
local found, over = {}, {}
for _, run in ipairs(redis.call('ZRANGEBYSCORE', P .. 'rec', '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local r = redis.call('HMGET', P .. 'r:' .. run, 'state', 'unknown_since')
  local since = tonumber(r[2] or '')
  if r[1] ~= 'unknown' or not since then
    redis.call('ZREM', P .. 'rec', run)
  elseif now >= since + tonumber(ARGV[3]) then
    redis.call('ZADD', P .. 'rec', now + 60000, run)
    over[#over + 1] = run
  else
    local next = now + 3600000
    for _, after in ipairs(AFTER) do
      if since + after > now then
        next = since + after
        break
      end
    end
    redis.call('ZADD', P .. 'rec', math.min(next, since + tonumber(ARGV[3])), run)
    found[#found + 1] = run
  end
end
return { found, over }
