-- unhold(now, most) → {count, rung…}: echoes held for a run whose end never came are told after its deadline
local runs = redis.call('ZRANGEBYSCORE', P .. 'held', '-inf', now, 'LIMIT', 0, ARGV[2])
for _, run in ipairs(runs) do tell_held(run) end
return { #runs, unpack(rung) }
