#!lua flags=allow-oom
-- elect(now, key, who, ms) → 1 while this is the one who has the key, for so long, else 0
local had = redis.call('GET', ARGV[2])
if had and had ~= ARGV[3] then return 0 end
redis.call('SET', ARGV[2], ARGV[3], 'PX', ARGV[4])
return 1
