#!lua flags=allow-oom
-- note(now, run, field, value, …) → 1 when it was written: something became known of a run that stays unknown as a whole
local R = P .. 'r:' .. ARGV[2]
if redis.call('HGET', R, 'state') ~= 'unknown' then return 0 end
redis.call('HSET', R, unpack(ARGV, 3))
return 1
