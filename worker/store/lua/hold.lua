#!lua flags=allow-oom
-- hold(now, run, keep ms, letter JSON, events JSON, field, value, …) → {"held", rung…} | {state} of one that is not unknown
-- Nobody looks for proof of an unknown run any more: it waits for a person, as a dead letter.
local run = ARGV[2]
local R = P .. 'r:' .. run
local r = redis.call('HMGET', R, 'state', 'connection')
if r[1] ~= 'unknown' then return { r[1] or 'gone' } end
if redis.call('ZREM', P .. 'rec', run) == 0 then return { 'held' } end
redis.call('HSET', R, 'held', now, unpack(ARGV, 6))
redis.call('PEXPIRE', R, ARGV[3])
letter(run, 'run', cjson.decode(ARGV[4]), r[2])
for _, one in ipairs(cjson.decode(ARGV[5])) do record(one) end
return { 'held', unpack(rung) }
