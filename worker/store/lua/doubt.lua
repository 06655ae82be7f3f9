#!lua flags=allow-oom
-- doubt(now, run, events JSON) → 1 when the run is unknown now, else 0
-- Of a restored backup: what could have left in the time that was lost, and must not leave twice, is unknown.
local run = ARGV[2]
local R = P .. 'r:' .. run
local turn = tonumber(redis.call('HGET', P .. 'back', 'turn') or '')
local since = tonumber(redis.call('HGET', P .. 'back', 'since') or '')
if not turn then return 0 end
local r = redis.call('HMGET', R, 'state', 'repeatable', 'created', 'not_before', 'lane', 'connection', 'conversation')
local state = r[1]
if r[2] == '1' or not r[3] or tonumber(r[3]) > turn + 6000 then return 0 end
if state == 'scheduled' then
  if tonumber(r[4]) > since then return 0 end
elseif state ~= 'queued' and state ~= 'waiting' and state ~= 'leaving' then
  return 0
end
if state ~= 'leaving' then redis.call('HSET', R, 'left', turn, 'attempt', 'restored') end
redis.call('HSET', R, 'state', 'unknown', 'unknown_since', now, 'restored', '1')
redis.call('ZREM', P .. 'later', run)
look_into(run)
redis.call('LREM', P .. 'l:' .. r[5], 0, run)
if redis.call('HEXISTS', P .. 'h:' .. queue_of(r[5]), r[5]) == 0 then let_go(r[5]) end
for _, one in ipairs(cjson.decode(ARGV[3])) do record(one) end
if state == 'leaving' and r[7] and r[7] ~= '' then
  local talk = P .. 'v:' .. r[6] .. ':' .. r[7]
  if redis.call('HGET', talk, 'flight') == run then redis.call('HDEL', talk, 'flight', 'flight_until') end
  tell_held(run)
end
return 1
