#!lua flags=allow-oom
-- settle(now, run, verdict, keep ms, events JSON, field, value, …) → {state}: a proof or a person says how an unknown
-- run ended; anything else is refused and told
local run, verdict = ARGV[2], ARGV[3]
local R = P .. 'r:' .. run
local r = redis.call('HMGET', R, 'state', 'lane')
if r[1] ~= 'unknown' then return { r[1] or 'gone' } end
redis.call('HSET', R, 'state', verdict, 'end', now, unpack(ARGV, 6))
redis.call('PEXPIRE', R, ARGV[4])
redis.call('ZREM', P .. 'exp', run)
redis.call('ZREM', P .. 'rec', run)
for _, one in ipairs(cjson.decode(ARGV[5])) do record(one) end
if drop(r[2], run) then ring(queue_of(r[2])) end
return { verdict, unpack(rung) }
