#!lua flags=allow-oom
-- stop(now, queue, until ms) → {rung…}: a person closes one queue until then, whatever else closes it; 0 opens it
local q, till = ARGV[2], tonumber(ARGV[3])
if till > now then
  redis.call('HSET', gate_of(q), 'stop:' .. q, till)
else
  redis.call('HDEL', gate_of(q), 'stop:' .. q)
end
due(q)
if redis.call('EXISTS', P .. 'q:' .. q) == 1 then ring(q) end
return rung
