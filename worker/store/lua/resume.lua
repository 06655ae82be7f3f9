-- resume(now, run, expires ms, field, value, …) → {state before} | {"queued", rung…}: a person's retry joins the tail of its lane
local run = ARGV[2]
local R = P .. 'r:' .. run
local r = redis.call('HMGET', R, 'state', 'lane')
if r[1] ~= 'failed' and r[1] ~= 'unknown' and r[1] ~= 'cancelled' then return { r[1] or 'gone' } end
if drop(r[2], run) then ring(queue_of(r[2])) end -- a lane that waited behind it need not any more
redis.call('LREM', P .. 'l:' .. r[2], 0, run)
redis.call('HDEL', R, 'end', 'error', 'cancel', 'until', 'unknown_since')
redis.call('HSET', R, 'state', 'queued', 'attempt', '', 'tries', 0, 'expires', ARGV[3], unpack(ARGV, 4))
redis.call('PERSIST', R)
redis.call('ZADD', P .. 'exp', ARGV[3], run)
redis.call('ZREM', P .. 'rec', run)
redis.call('ZREM', P .. 'dl', run)
redis.call('DEL', P .. 'dl:' .. run)
redis.call('RPUSH', P .. 'l:' .. r[2], run)
wake(r[2])
return { 'queued', unpack(rung) }
