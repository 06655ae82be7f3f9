#!lua flags=allow-oom
-- gate(now, connection, until ms, reason, queue…) → {rung…}: closes the connection's gate until then; 0 opens it
local gate = P .. 'g:' .. ARGV[2]
local till = tonumber(ARGV[3])
if till > now then
  -- A rest never opens what a person or a refused key has closed for longer.
  local had = tonumber(redis.call('HGET', gate, 'until') or '') or 0
  if till >= had then redis.call('HSET', gate, 'until', till, 'reason', ARGV[4]) end
else
  redis.call('HDEL', gate, 'until', 'reason')
  for i = 5, #ARGV do
    due(ARGV[i])
    if redis.call('EXISTS', P .. 'q:' .. ARGV[i]) == 1 then ring(ARGV[i]) end
  end
end
return rung
