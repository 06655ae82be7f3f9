#!lua flags=allow-oom
-- reclose(now, run, field, before, after) → 1 when it was written, else 0: what a run hides, encrypted under another key;
-- never of a run that is gone meanwhile, which would not end by itself any more
local R = P .. 'r:' .. ARGV[2]
if redis.call('HGET', R, ARGV[3]) ~= ARGV[4] then return 0 end
redis.call('HSET', R, ARGV[3], ARGV[5])
return 1
