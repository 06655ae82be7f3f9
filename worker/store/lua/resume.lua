-- resume(now, run, expires ms, from "state,state", who JSON, events JSON, field, value, …) → {state} | {"resumed", rung…}
--   who: {by, why, ask, sweep}: see deal() in prelude.lua
-- A run that ended in one of these states joins the tail of its lane, and its dead letter is dealt with.
local run, who = ARGV[2], cjson.decode(ARGV[5])
local R = P .. 'r:' .. run
local r = redis.call('HMGET', R, 'state', 'lane', 'ask', 'retries')
if r[3] == who.ask then return { 'resumed' } end
if not r[1] then return { 'gone' } end
if not string.find(',' .. ARGV[4] .. ',', ',' .. r[1] .. ',', 1, true) then return { r[1] } end
if drop(r[2], run) then ring(queue_of(r[2])) end -- a lane that waited behind it need not any more
redis.call('LREM', P .. 'l:' .. r[2], 0, run)
redis.call('HDEL', R, 'end', 'error', 'cancel', 'until', 'unknown_since', 'held', 'resolved', 'restored')
redis.call('HSET', R, 'state', 'queued', 'attempt', '', 'tries', 0, 'expires', ARGV[3], 'ask', who.ask, unpack(ARGV, 7))
local retries = cjson.decode(r[4] or '[]')
retries[#retries + 1] = { at = now, by = who.by, why = who.why }
if #retries > 20 then table.remove(retries, 1) end
redis.call('HSET', R, 'retries', cjson.encode(retries))
redis.call('PERSIST', R)
redis.call('ZADD', P .. 'exp', ARGV[3], run)
redis.call('ZREM', P .. 'rec', run)
deal(run, 'replayed', who)
for _, one in ipairs(cjson.decode(ARGV[6])) do record(one) end
redis.call('RPUSH', P .. 'l:' .. r[2], run)
wake(r[2])
return { 'resumed', unpack(rung) }
