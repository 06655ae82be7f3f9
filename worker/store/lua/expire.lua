#!lua flags=allow-oom
-- expire(now, run, keep ms, letter JSON or "", events JSON, field, value, …) → {1, rung…} when it expired now, else {0}
local run = ARGV[2]
local R = P .. 'r:' .. run
local r = redis.call('HMGET', R, 'state', 'expires', 'connection', 'lane', 'action')
local state = r[1]
if state == 'leaving' then return { 0 } end
if state ~= 'scheduled' and state ~= 'queued' and state ~= 'waiting' then
  redis.call('ZREM', P .. 'exp', run)
  return { 0 }
end
if tonumber(r[2]) > now then
  redis.call('ZADD', P .. 'exp', r[2], run)
  return { 0 }
end
redis.call('HSET', R, 'state', 'failed', 'end', now, unpack(ARGV, 6))
redis.call('PEXPIRE', R, ARGV[3])
jot('o', table.concat({ r[3], '', run, r[5] or '', '', '', 'failed', 'rejected', 'expired' }, '\t'))
redis.call('ZREM', P .. 'exp', run)
redis.call('ZREM', P .. 'later', run)
for _, one in ipairs(cjson.decode(ARGV[5])) do record(one) end
if ARGV[4] ~= '' then
  letter(run, 'run', cjson.decode(ARGV[4]), r[3])
end
if drop(r[4], run) then ring(queue_of(r[4])) end
return { 1, unpack(rung) }
