#!lua flags=allow-oom
-- looking(now, most, give up after ms, keep ms) → {runs to look into now}; `keep`: for how long what was given up stays
-- After 5 s, 30 s, 2 min, 10 min and then hourly, until proven or given up; whoever dies while looking costs one turn.
local AFTER = { 30000, 120000, 600000 }
local found = {}
for _, run in ipairs(redis.call('ZRANGEBYSCORE', P .. 'rec', '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local r = redis.call('HMGET', P .. 'r:' .. run, 'state', 'unknown_since')
  local since = tonumber(r[2] or '')
  if r[1] ~= 'unknown' or not since then
    redis.call('ZREM', P .. 'rec', run)
  else
    local next = now + 3600000
    for _, after in ipairs(AFTER) do
      if since + after > now then
        next = since + after
        break
      end
    end
    if next - since > tonumber(ARGV[3]) then
      redis.call('ZREM', P .. 'rec', run)
      redis.call('PEXPIRE', P .. 'r:' .. run, ARGV[4])
    else
      redis.call('ZADD', P .. 'rec', next, run)
    end
    found[#found + 1] = run
  end
end
return found
