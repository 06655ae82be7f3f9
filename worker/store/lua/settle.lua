#!lua flags=allow-oom
-- settle(now, run, verdict, keep ms, events JSON, letter JSON or "", who JSON, field, value, …) → {state} | {"settled", rung…}
--   who: {by, why, ask, sweep}: see deal() in prelude.lua
-- A proof, a person or a connection's policy says how an unknown run ended; anything else is refused and told.
local run, verdict, who = ARGV[2], ARGV[3], cjson.decode(ARGV[7])
local R = P .. 'r:' .. run
local r = redis.call('HMGET', R, 'state', 'lane', 'connection', 'ask')
if r[4] == who.ask then return { 'settled' } end
if r[1] ~= 'unknown' then return { r[1] or 'gone' } end
redis.call('HSET', R, 'state', verdict, 'end', now, 'ask', who.ask, unpack(ARGV, 8))
redis.call('PEXPIRE', R, ARGV[4])
redis.call('ZREM', P .. 'exp', run)
redis.call('ZREM', P .. 'rec', run)
deal(run, 'resolved', who)
for _, one in ipairs(cjson.decode(ARGV[5])) do record(one) end
if ARGV[6] ~= '' then letter(run, 'run', cjson.decode(ARGV[6]), r[3]) end
if drop(r[2], run) then ring(queue_of(r[2])) end
return { 'settled', unpack(rung) }
